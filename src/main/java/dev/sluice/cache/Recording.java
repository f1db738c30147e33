package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Stream;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.StreamReader;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Multi;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Listens to a stream, and when all of it has been told without a fault hands it on to be kept: its events as the client
 * got them, those included that this client did not ask for, without comments.
 */
final class Recording {
    private static final int OK = 200;

    private final Exchange exchange;
    private final int maxBytes;
    private final Consumer<Optional<Answer>> keep;
    private List<SseEvent> events = new ArrayList<>();
    private int bytes;
    private End end;

    private Recording(Exchange exchange, int maxBytes, Consumer<Optional<Answer>> keep) {
        this.exchange = exchange;
        this.maxBytes = maxBytes;
        this.keep = keep;
    }

    /**
     * @param maxBytes of a longer stream nothing is kept
     * @param keep told once what came of it, if the stream is listened to: empty where that may not stand for the next
     */
    static Stream of(Stream stream, Exchange exchange, int maxBytes, Consumer<Optional<Answer>> keep) {
        Recording recording = new Recording(exchange, maxBytes, keep);
        return stream.events(recording::listen).ending(recording::ended);
    }

    private Multi<List<SseEvent>> listen(Multi<List<SseEvent>> telling) {
        return telling.onItem().invoke(this::add)
                .onTermination().invoke((failure, cancelled) -> keep.accept(cancelled ? Optional.empty() : whole()));
    }

    private void add(List<SseEvent> batch) {
        for (SseEvent event : batch) {
            if (events != null && event.hasData()) {
                bytes += event.length();
                events.add(event);
                if (bytes > maxBytes) {
                    events = null;
                }
            }
        }
    }

    /** Comes before the last events do. */
    private End ended(End how) {
        end = how;
        return how;
    }

    private Optional<Answer> whole() {
        return events == null || end == null ? Optional.empty() : whole(events, end, exchange);
    }

    /**
     * What was told, as it is kept; empty where it may not stand for the next.
     *
     * @param events all of them; those without data are left out
     */
    static Optional<Answer> whole(List<SseEvent> events, End end, Exchange exchange) {
        if (!end.finished()) {
            return Optional.empty();
        }
        Receipt receipt = end.receipt();
        StreamReader reader = Dialect.of(exchange.request().endpoint()).reader(exchange.request(),
                receipt.model().map(Model::name).orElse(""));
        ByteArrayOutputStream all = new ByteArrayOutputStream(events.stream().mapToInt(SseEvent::length).sum());
        for (SseEvent event : events) {
            if (event.hasData()) {
                reader.read(event);
                event.writeTo(all::write);
            }
        }
        return reader.isWhole(!receipt.cutShort())
                ? Optional.of(new Answer(OK, SseEvent.CONTENT_TYPE, all.toByteArray(), receipt))
                : Optional.empty();
    }
}
