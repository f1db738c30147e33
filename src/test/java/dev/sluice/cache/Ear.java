package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Reply;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Stream;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Flow;

/** A client that listens. */
final class Ear implements Flow.Subscriber<List<SseEvent>> {
    final Reply head;
    private final StringBuilder heard = new StringBuilder();
    private final StringBuilder visible = new StringBuilder();
    private final long atOnce;
    volatile Flow.Subscription subscription;
    volatile boolean complete;
    volatile End how;

    Ear(Reply head, long atOnce) {
        this.head = head;
        this.atOnce = atOnce;
        ((Stream) head).source().tell(end -> {
            assertThat(how).as("an end is told once").isNull();
            how = end;
            return end;
        }).subscribe().withSubscriber(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        begun.request(atOnce);
    }

    @Override
    public void onNext(List<SseEvent> batch) {
        synchronized (heard) {
            for (SseEvent event : batch) {
                String text = new String(event.raw(), StandardCharsets.UTF_8);
                heard.append(text);
                visible.append(event.hidden() ? "" : text);
            }
        }
    }

    @Override
    public void onError(Throwable defect) {
        throw new AssertionError(defect);
    }

    @Override
    public void onComplete() {
        complete = true;
    }

    /** Without what this client did not ask for. */
    String visible() {
        synchronized (heard) {
            return visible.toString();
        }
    }

    String heard() {
        synchronized (heard) {
            return heard.toString();
        }
    }

    void hears(String text) {
        Eventually.until(() -> heard().contains(text));
    }

    void hearsItsEnd() {
        Eventually.until(() -> complete);
    }
}
