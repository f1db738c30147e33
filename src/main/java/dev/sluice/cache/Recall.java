package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.Replay;
import dev.sluice.sse.SseEvent;
import dev.sluice.sse.SseParser;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives what was stored as it is asked for now: a stream as it was told, event by event, or put together to one answer; a
 * whole answer as it is, or told as a stream.
 */
final class Recall {
    private static final int OK = 200;
    private static final String JSON = "application/json";

    private final Vertx vertx;

    Recall(Vertx vertx) {
        this.vertx = vertx;
    }

    /** A stream as slowly as the request wishes. */
    Reply reply(Entry entry, Exchange exchange, Receipt receipt) {
        Duration pause = exchange.wishes().replayDelay();
        return pause.isZero() || !exchange.request().streamed()
                ? atOnce(entry, exchange, receipt)
                : Replay.paced(Dialect.of(exchange.request().endpoint()), told(entry, exchange), receipt, vertx, pause);
    }

    static Reply atOnce(Entry entry, Exchange exchange, Receipt receipt) {
        Dialect dialect = Dialect.of(exchange.request().endpoint());
        if (exchange.request().streamed()) {
            return Replay.atOnce(dialect, told(entry, exchange), receipt);
        }
        return isStream(entry)
                ? new Answer(OK, JSON, dialect.assemble(events(entry)), receipt)
                : new Answer(OK, entry.contentType(), entry.body(), receipt);
    }

    private static boolean isStream(Entry entry) {
        return SseEvent.CONTENT_TYPE.equals(entry.contentType());
    }

    /** What this request does not ask for is hidden from it. */
    private static List<SseEvent> told(Entry entry, Exchange exchange) {
        Dialect dialect = Dialect.of(exchange.request().endpoint());
        if (!isStream(entry)) {
            return dialect.split(entry.body(), exchange.request());
        }
        List<SseEvent> events = events(entry);
        events.replaceAll(dialect.reader(exchange.request(), entry.model())::read);
        return events;
    }

    private static List<SseEvent> events(Entry entry) {
        List<SseEvent> events = new ArrayList<>();
        new SseParser(entry.body().length).feed(entry.body(), events::add);
        return events;
    }
}
