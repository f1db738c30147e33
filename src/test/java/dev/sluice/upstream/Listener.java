package dev.sluice.upstream;

import dev.sluice.Reply.End;
import dev.sluice.Reply.Stream;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;

/** A client of a stream, as fast as the test wants it to be. */
final class Listener implements Flow.Subscriber<List<SseEvent>> {
    private final List<SseEvent> events = new ArrayList<>();
    private final List<End> ends = new ArrayList<>();
    private Flow.Subscription subscription;
    private boolean completed;
    private Throwable failure;

    static Listener greedy(Stream stream) {
        Listener listener = slow(stream);
        listener.request(Long.MAX_VALUE);
        return listener;
    }

    /** Asks for nothing yet. */
    static Listener slow(Stream stream) {
        Listener listener = new Listener();
        stream.ending(listener::ended).source().tell(end -> end).subscribe().withSubscriber(listener);
        return listener;
    }

    private synchronized End ended(End end) {
        ends.add(end);
        notifyAll();
        return end;
    }

    @Override
    public synchronized void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        notifyAll();
    }

    @Override
    public synchronized void onNext(List<SseEvent> batch) {
        events.addAll(batch);
        notifyAll();
    }

    @Override
    public synchronized void onError(Throwable thrown) {
        failure = thrown;
        notifyAll();
    }

    @Override
    public synchronized void onComplete() {
        completed = true;
        notifyAll();
    }

    void request(long n) {
        subscription().request(n);
    }

    void leave() {
        subscription().cancel();
    }

    private synchronized Flow.Subscription subscription() {
        await(() -> subscription != null, "a subscription");
        return subscription;
    }

    synchronized Listener awaitEvents(int count) {
        await(() -> events.size() >= count, count + " events");
        return this;
    }

    synchronized End awaitEnd() {
        await(() -> !ends.isEmpty(), "the end");
        return ends.get(0);
    }

    synchronized Listener awaitCompletion() {
        await(() -> completed || failure != null, "completion");
        if (failure != null) {
            throw new AssertionError("A stream does not fail.", failure);
        }
        return this;
    }

    /** All bytes as a client that asked for everything would see them. */
    synchronized String wire() {
        StringBuilder all = new StringBuilder();
        events.forEach(event -> all.append(new String(event.raw(), StandardCharsets.UTF_8)));
        return all.toString();
    }

    synchronized List<SseEvent> events() {
        return List.copyOf(events);
    }

    synchronized int ends() {
        return ends.size();
    }

    private void await(java.util.function.BooleanSupplier condition, String what) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
            if (left <= 0) {
                throw new AssertionError("Not seen in time: " + what + "; there were " + events.size() + " events.");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }
}
