package dev.sluice;

import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Multi;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/** What a request comes to. */
public sealed interface Reply permits Reply.Answer, Reply.Stream, Reply.Refusal {

    /** HTTP status. */
    int status();

    /** What is known about how the reply came to be. */
    Receipt receipt();

    Reply with(Receipt receipt);

    /** Adds to what is known: now, and, where the reply is told in events, again when they have ended. */
    default Reply amend(UnaryOperator<Receipt> change) {
        return with(change.apply(receipt()));
    }

    /**
     * A whole answer of a provider (or its replay from the cache), whatever its status: an upstream's 4xx is passed on.
     *
     * @param status HTTP status
     * @param contentType as the provider named it
     * @param body the bytes for the client
     * @param retryAfterSeconds when the provider asked to be tried again, with a status that says so
     * @param finish of an answer that a provider has just given; else not known
     */
    record Answer(int status, String contentType, byte[] body, OptionalLong retryAfterSeconds, Finish finish,
            Receipt receipt) implements Reply {

        public Answer(int status, String contentType, byte[] body, Receipt receipt) {
            this(status, contentType, body, OptionalLong.empty(), Finish.OTHER, receipt);
        }

        @Override
        public Answer with(Receipt receipt) {
            return new Answer(status, contentType, body, retryAfterSeconds, finish, receipt);
        }

        /** This answer ended so. */
        public Answer with(Finish finish) {
            return new Answer(status, contentType, body, retryAfterSeconds, finish, receipt);
        }

        public boolean ok() {
            return status == 200;
        }
    }

    /**
     * An answer that is being told: server-sent events as they come. Immutable and cold. Whoever is handed one and does
     * not pass it on has to subscribe to it and cancel, or the provider is kept waiting until it is given up for idle.
     *
     * @param status HTTP status
     * @param contentType as the provider named it
     * @param source what tells the events; to be subscribed to once
     * @param receipt what is known at the head; usage and cost are not
     */
    record Stream(int status, String contentType, Source source, Receipt receipt) implements Reply {

        @Override
        public Stream with(Receipt receipt) {
            return new Stream(status, contentType, source, receipt);
        }

        @Override
        public Stream amend(UnaryOperator<Receipt> change) {
            return with(change.apply(receipt)).ending(end -> end.with(change.apply(end.receipt())));
        }

        /**
         * Has the end pass through here, before it passes through whoever wraps this stream later.
         *
         * @param then called once, however the stream ends, also when the client has gone; not if nobody subscribes
         */
        public Stream ending(UnaryOperator<End> then) {
            Source inner = source;
            return new Stream(status, contentType, outer -> inner.tell(end -> outer.apply(then.apply(end))), receipt);
        }

        /** Has the events pass through here, as the client is going to see them. */
        public Stream events(UnaryOperator<Multi<List<SseEvent>>> through) {
            Source inner = source;
            return new Stream(status, contentType, ending -> through.apply(inner.tell(ending)), receipt);
        }
    }

    /** What tells the events of a stream. */
    @FunctionalInterface
    interface Source {

        /**
         * Begins to tell. An item is what came with one read of the network, so that one read can be one write; demand is
         * handed on to the provider, and a cancellation ends its call.
         * <p>
         * After the last event of the answer, {@code ending} is applied exactly once to how the stream ended; then come a
         * comment with the cost of the receipt that came back and the terminal events of the dialect, or its error event
         * and no terminal one. The Multi itself never fails.
         */
        Multi<List<SseEvent>> tell(UnaryOperator<End> ending);
    }

    /**
     * How a stream ended.
     *
     * @param failure why it ended before it was finished; what the client is told
     * @param abandoned whether the client went away first
     * @param receipt with the usage of what was told
     */
    record End(Optional<Refusal> failure, boolean abandoned, Receipt receipt) {

        public End with(Receipt receipt) {
            return new End(failure, abandoned, receipt);
        }

        /** Whether the whole answer was told. */
        public boolean finished() {
            return failure.isEmpty() && !abandoned;
        }
    }

    /**
     * The gateway's own no, rendered in the client's dialect.
     *
     * @param status HTTP status
     * @param type the envelope's {@code type}
     * @param code the envelope's {@code code}; empty: null
     * @param param the request member or header at fault; empty: null
     * @param message one clear sentence for the developer who reads it
     * @param retryAfterSeconds when trying again makes sense; empty where waiting does not help
     */
    record Refusal(int status, String type, Optional<String> code, Optional<String> param, String message,
            OptionalLong retryAfterSeconds, Receipt receipt) implements Reply {

        public static Refusal of(int status, String type, String code, String message) {
            return new Refusal(status, type, Optional.of(code), Optional.empty(), message, OptionalLong.empty(),
                    Receipt.NONE);
        }

        /** 400: the request itself is at fault. */
        public static Refusal invalid(String param, String message) {
            return new Refusal(400, "invalid_request_error", Optional.empty(), Optional.ofNullable(param), message,
                    OptionalLong.empty(), Receipt.NONE);
        }

        /** Waiting helps: whole seconds, at least one. */
        public Refusal retryAfter(long seconds) {
            return new Refusal(status, type, code, param, message, OptionalLong.of(Math.max(1, seconds)), receipt);
        }

        @Override
        public Refusal with(Receipt receipt) {
            return new Refusal(status, type, code, param, message, retryAfterSeconds, receipt);
        }
    }
}
