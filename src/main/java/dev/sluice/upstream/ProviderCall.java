package dev.sluice.upstream;

import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Stream;
import dev.sluice.Usage;
import dev.sluice.dialect.Replay;
import dev.sluice.dialect.StreamReader;
import dev.sluice.sse.SseEvent;
import dev.sluice.translation.UnreadableAnswer;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.impl.ContextInternal;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;

/**
 * One request's dealings with one provider, retries included. The guards do not pass a cancellation on, so it is done
 * here, by ending the attempt that is running.
 */
final class ProviderCall {
    private static final int OK = 200;

    private final RemoteProvider provider;
    private final Guards guards;
    private final Exchange exchange;
    private final Model model;
    private final Speech speech;
    private final Outbound outbound;
    private final ContextInternal context;
    private final long startNanos = System.nanoTime();
    // Attempts follow one another, but not always on the same thread.
    private volatile int attempts;
    private volatile boolean maybeBilled;
    private volatile boolean lastMaybeBilled;
    private volatile Consumer<CallFailed> running = reason -> {};
    private volatile boolean abandoned;

    /** @param streamOptions whether the provider's chat completions know them */
    ProviderCall(RemoteProvider provider, Exchange exchange, Model model, Speech speech, boolean streamOptions) {
        this.provider = provider;
        this.guards = provider.guards();
        this.exchange = exchange;
        this.model = model;
        this.speech = speech;
        this.outbound = Outbound.of(speech.asked(), model, bound(), speech.provider(),
                provider.settings().baseUrl().getHost(),
                streamOptions || speech.provider().endpoint() != Endpoint.CHAT_COMPLETIONS);
        this.context = (ContextInternal) provider.vertx().getOrCreateContext();
    }

    /** The most output tokens; 0: as the client asked. */
    private long bound() {
        long reserved = exchange.reservation().outputBound();
        boolean missing = reserved == 0 && exchange.request().outputBound() == 0 && speech.provider().demandsBound();
        return missing ? provider.defaultBound() : reserved;
    }

    Uni<Reply> run() {
        return (exchange.request().streamed() ? streamed() : guards.guarding(this::attempt))
                .onFailure(CallFailed.class).recoverWithItem(failure -> ((CallFailed) failure).reply())
                .onFailure(CircuitBreakerOpenException.class).recoverWithItem(this::leftAlone)
                .map(this::withReceipt)
                .onCancellation().invoke(this::abandon);
    }

    /**
     * The guards watch a stream until its last byte, but the client gets it with its first event.
     */
    private Uni<Reply> streamed() {
        return Uni.createFrom().emitter(first -> guards.guarding(() -> attempt(first)).subscribe()
                .with(first::complete, first::fail));
    }

    private Uni<Reply> attempt() {
        return attempt(null);
    }

    /** @param first who waits for the beginning of a stream; null where the answer is wanted whole */
    private Uni<Reply> attempt(UniEmitter<? super Reply> first) {
        return exchange.reservation().beforeAttempt(model, lastMaybeBilled)
                .flatMap(refusal -> refusal.isPresent()
                        ? Uni.createFrom().failure(CallFailed.byUs(refusal.get()))
                        : Uni.createFrom().<Reply>emitter(emitter -> send(emitter, first)));
    }

    private void send(UniEmitter<? super Reply> emitter, UniEmitter<? super Reply> first) {
        if (abandoned) {
            emitter.fail(CallFailed.byUs(Refusals.clientGone()));
        } else if (!guards.enter()) {
            emitter.fail(CallFailed
                    .byUs(Refusals.overloaded(provider.settings().name(), provider.settings().maxConcurrent())));
        } else if (first == null) {
            new Attempt(emitter).start();
        } else {
            new StreamAttempt(emitter, first).start();
        }
    }

    private Reply leftAlone() {
        return Refusals.circuitOpen(provider.settings().name(), guards.openForMillis());
    }

    private void abandon() {
        abandoned = true;
        running.accept(CallFailed.byUs(Refusals.clientGone()));
    }

    /** @throws CallFailed where this is no answer for the client yet */
    private Answer judge(Transport.Response response) {
        try {
            return speech.toClient(
                    provider.judge().judge(response, speech.provider(), model, outbound.bytes().length));
        } catch (CallFailed failure) {
            throw failure.reply() instanceof Answer answer ? failure.with(speech.toClient(answer)) : failure;
        } catch (UnreadableAnswer e) {
            throw CallFailed.forGood(Refusals.upstreamError(provider.settings().name(), e.getMessage(), true),
                    Outcome.INVALID_ANSWER);
        }
    }

    private void begin(Consumer<CallFailed> end) {
        running = end;
        attempts++;
        lastMaybeBilled = false;
    }

    /** @param nanos how long there was nothing to give to the client */
    private void leave(Outcome outcome, boolean billed, long nanos) {
        guards.leave();
        lastMaybeBilled = billed;
        maybeBilled |= billed;
        provider.ended(model, exchange.request().streamed(), outcome, nanos);
    }

    /** A stream's, at its head and at its end, is complete already. */
    private Reply withReceipt(Reply reply) {
        if (reply instanceof Stream) {
            return reply;
        }
        Receipt receipt = withCalls(reply.receipt());
        return reply.with(reply instanceof Answer && outbound.cutShort() ? receipt.asCutShort() : receipt);
    }

    private Receipt withCalls(Receipt receipt) {
        return receipt.after(Receipt.failed(attempts, maybeBilled, System.nanoTime() - startNanos));
    }

    /** One call on the wire; ended once, by whoever comes first: the answer, a fault, the time-out or the client. */
    private final class Attempt {
        private final UniEmitter<? super Reply> emitter;
        private final AtomicBoolean ended = new AtomicBoolean();
        private final long sentNanos = System.nanoTime();
        private final long timer;
        private volatile Cancellable wire;

        Attempt(UniEmitter<? super Reply> emitter) {
            this.emitter = emitter;
            begin(this::end);
            long timeout = provider.settings().timeout().toMillis();
            timer = provider.vertx().setTimer(timeout, fired -> end(
                    CallFailed.forGood(Refusals.timeout(provider.settings().name(), timeout), Outcome.TIMEOUT)));
        }

        void start() {
            wire = provider.transport()
                    .post(speech.provider().endpoint(), speech.headers(), outbound.bytes()).subscribe()
                    .with(this::answered, this::broken);
            if (abandoned) {
                end(CallFailed.byUs(Refusals.clientGone()));
            }
            if (ended.get()) {
                wire.cancel(); // who ended it may have come before there was a wire
            }
        }

        private void answered(Transport.Response response) {
            if (ended.compareAndSet(false, true)) {
                try {
                    Answer answer = judge(response);
                    leave(answer.ok() ? Outcome.SUCCESS : Outcome.CLIENT_ERROR, answer);
                    emitter.complete(answer);
                } catch (CallFailed failure) {
                    fail(failure);
                } catch (RuntimeException defect) {
                    leave(Outcome.INVALID_ANSWER,
                            Refusals.upstreamError(provider.settings().name(), "sent an answer that could not be read",
                                    true));
                    emitter.fail(defect);
                }
            }
        }

        private void broken(Throwable failure) {
            if (ended.compareAndSet(false, true)) {
                boolean sent = !(failure instanceof TransportFault fault) || fault.sent();
                String what = failure instanceof TransportFault ? failure.getMessage() : "could not be understood";
                fail(CallFailed.forNow(Refusals.upstreamError(provider.settings().name(), what, sent),
                        Outcome.CONNECTION, OptionalLong.empty()));
            }
        }

        /** From outside: closes the connection. */
        void end(CallFailed reason) {
            if (ended.compareAndSet(false, true)) {
                Cancellable open = wire;
                if (open != null) {
                    open.cancel();
                }
                fail(reason);
            }
        }

        private void fail(CallFailed failure) {
            leave(failure.outcome(), failure.reply());
            emitter.fail(failure);
        }

        private void leave(Outcome outcome, Reply reply) {
            provider.vertx().cancelTimer(timer);
            ProviderCall.this.leave(outcome, reply.receipt().maybeBilled(), System.nanoTime() - sentNanos);
        }
    }

    /** One call whose answer is told in events; see {@link ProviderStream}. */
    private final class StreamAttempt implements ProviderStream.Owner {
        private final UniEmitter<? super Reply> life;
        private final UniEmitter<? super Reply> first;
        private final ProviderStream stream;
        private final long sentNanos = System.nanoTime();
        private Stream told;
        private long firstNanos;
        private boolean probe;

        /**
         * @param life what the guards wait for
         * @param first what the client waits for
         */
        StreamAttempt(UniEmitter<? super Reply> life, UniEmitter<? super Reply> first) {
            this.life = life;
            this.first = first;
            this.stream = new ProviderStream(provider.vertx(), context, provider.settings(), speech,
                    speech.reader(model.name()), this);
        }

        void start() {
            begin(stream::close);
            stream.start(provider.transport(), outbound.bytes());
            if (abandoned) {
                stream.close(CallFailed.byUs(Refusals.clientGone()));
            }
        }

        @Override
        public void begun() {
            firstNanos = System.nanoTime() - sentNanos;
            told = new Stream(OK, SseEvent.CONTENT_TYPE, stream, receipt(Usage.NONE, false));
            probe = guards.probing();
            if (probe) {
                life.complete(told); // a long stream must not keep everybody else waiting for its outcome
            }
            first.complete(told);
        }

        @Override
        public void answered(Transport.Response whole) {
            try {
                Answer answer = judge(whole);
                Reply reply = answer.ok() ? split(answer) : answer;
                leave(answer.ok() ? Outcome.SUCCESS : Outcome.CLIENT_ERROR, answer.receipt().maybeBilled(),
                        waitedNanos());
                life.complete(reply);
            } catch (CallFailed failure) {
                over(failure);
            } catch (RuntimeException defect) {
                leave(Outcome.INVALID_ANSWER, true, waitedNanos());
                life.fail(defect);
            }
        }

        /** It was asked for events, and told everything at once. */
        private Reply split(Answer answer) {
            Receipt receipt = withCalls(answer.receipt());
            try {
                return Replay.atOnce(speech.client(), speech.client().split(answer.body(), exchange.request()),
                        outbound.cutShort() ? receipt.asCutShort() : receipt);
            } catch (IllegalArgumentException e) {
                throw CallFailed.forGood(Refusals.upstreamError(provider.settings().name(),
                        "was asked for a stream and answered something else", true), Outcome.INVALID_ANSWER);
            }
        }

        @Override
        public void over(CallFailed failure) {
            if (failure == null) {
                leave(Outcome.SUCCESS, false, waitedNanos());
                life.complete(told);
                return;
            }
            leave(failure.outcome(), told == null && failure.reply().receipt().maybeBilled(), waitedNanos());
            if (probe) {
                guards.failedAfterAll(failure.tooLate());
            } else {
                life.fail(told == null ? failure : failure.tooLate());
            }
        }

        private long waitedNanos() {
            return told == null ? System.nanoTime() - sentNanos : firstNanos;
        }

        @Override
        public Receipt receipt(Usage usage, boolean counted) {
            Receipt receipt = withCalls(Receipt.servedBy(model, 0, usage, 0).after(Receipt.failed(0, counted, 0)));
            return outbound.cutShort() ? receipt.asCutShort() : receipt;
        }

        @Override
        public Uni<Usage> count(StreamReader reader) {
            return provider.tokens().of(exchange.request(), model, reader);
        }
    }
}
