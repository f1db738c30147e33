package dev.sluice.upstream;

import dev.sluice.dialect.StreamReader;
import dev.sluice.sse.SseEvent;
import dev.sluice.sse.SseParser;
import dev.sluice.translation.StreamTranslation;
import dev.sluice.translation.UnreadableAnswer;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a provider's bytes tell: its events as the client gets them, up to the one that ends the answer, or to a fault. What
 * ends the answer is kept apart, because its cost is told before.
 */
final class ProviderEvents {
    /** Far above what any provider sends, and few enough to wait for in memory. */
    private static final int MAX_EVENT_BYTES = 16 << 20;

    /**
     * Why no more can be told.
     *
     * @param predicate what the provider did, for a sentence that begins with its name
     * @param told whether the provider's own words about it are among the events
     */
    record Fault(String predicate, Outcome outcome, boolean told) {}

    private final Speech speech;
    private final StreamReader reader;
    private final StreamTranslation translation;
    private final SseParser parser = new SseParser(MAX_EVENT_BYTES);
    private List<SseEvent> events = new ArrayList<>();
    private int bytes;
    private final List<SseEvent> terminal = new ArrayList<>(1);
    private boolean begun;
    private boolean ended;
    private Fault fault;

    ProviderEvents(Speech speech, StreamReader reader) {
        this.speech = speech;
        this.reader = reader;
        this.translation = speech.stream();
    }

    /** @param piece not to be changed any more */
    void feed(Buffer piece) {
        bytes += piece.length();
        ByteBuf buffer = piece.getByteBuf();
        try {
            if (buffer.hasArray()) {
                int from = buffer.arrayOffset() + buffer.readerIndex();
                parser.feed(buffer.array(), from, from + buffer.readableBytes(), this::read);
            } else {
                parser.feed(piece.getBytes(), this::read);
            }
        } catch (IllegalStateException e) {
            fault = new Fault("sent an event of more than " + MAX_EVENT_BYTES + " bytes", Outcome.INVALID_ANSWER,
                    false);
        }
    }

    private void read(SseEvent event) {
        if (ended || fault != null) {
            return;
        }
        SseEvent read = reader.read(event);
        if (reader.failed()) {
            fault = new Fault("reported a fault instead of an answer", Outcome.SERVER_ERROR, begun);
            if (begun) {
                translate(read);
            }
            return;
        }
        ended = speech.provider().isTerminal(read);
        translate(read);
        if (ended && !begun && fault == null) {
            fault = new Fault("ended its answer before it began", Outcome.INVALID_ANSWER, false);
        }
    }

    private void translate(SseEvent read) {
        if (translation == null) {
            add(read);
            return;
        }
        try {
            translation.take(read).forEach(this::add);
        } catch (UnreadableAnswer e) {
            fault = new Fault(e.getMessage(), Outcome.INVALID_ANSWER, false);
        }
    }

    private void add(SseEvent event) {
        if (!terminal.isEmpty() || speech.client().isTerminal(event)) {
            terminal.add(event);
        } else {
            events.add(event);
            begun |= event.hasData();
        }
    }

    /** The provider has closed: it may have forgotten the terminal event, which a translation can supply. */
    void close() {
        boolean complete = reader.isComplete();
        if (complete && translation != null) {
            translation.end().forEach(this::add);
        }
        if (!complete || !begun) {
            fault = new Fault("closed the connection before its answer was complete", Outcome.CONNECTION, false);
        }
    }

    /** Whether the client has been told something. */
    boolean begun() {
        return begun;
    }

    /** Whether what comes now is no part of the answer. */
    boolean over() {
        return ended || fault != null;
    }

    /** Null: none. */
    Fault fault() {
        return fault;
    }

    /** Bytes that were fed since events were taken. */
    int waitingBytes() {
        return bytes;
    }

    /** Those that were not taken yet. */
    List<SseEvent> take() {
        List<SseEvent> taken = events;
        if (!taken.isEmpty()) {
            events = new ArrayList<>();
        }
        bytes = 0;
        return taken;
    }

    /** What ends the answer. */
    List<SseEvent> terminal() {
        return terminal;
    }

    StreamReader reader() {
        return reader;
    }
}
