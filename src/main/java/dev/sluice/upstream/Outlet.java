package dev.sluice.upstream;

import dev.sluice.sse.SseEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Flow;

/** A stream's way to its client: what the client has asked for goes at once, the rest waits. Used on one event loop. */
final class Outlet {
    private final Deque<List<SseEvent>> waiting = new ArrayDeque<>();
    private Flow.Subscriber<? super List<SseEvent>> client;
    private long demand;
    private boolean finished;
    private boolean draining;
    private boolean closed;

    /** There is a client now. */
    void open(Flow.Subscriber<? super List<SseEvent>> listener, Flow.Subscription subscription) {
        client = listener;
        listener.onSubscribe(subscription);
    }

    boolean isOpen() {
        return client != null;
    }

    void request(long n) {
        demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
    }

    void add(List<SseEvent> batch) {
        if (!batch.isEmpty() && !closed) {
            waiting.add(batch);
        }
    }

    /** Adds the last events, with what waits if something does. */
    void finish(List<SseEvent> last) {
        if (waiting.isEmpty()) {
            waiting.add(new ArrayList<>(last));
        } else {
            waiting.peekLast().addAll(last);
        }
        finished = true;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Whether the client is told nothing more: it was told all, or has gone. */
    boolean isClosed() {
        return closed;
    }

    /** The client has gone. */
    void close() {
        closed = true;
        waiting.clear();
    }

    /** Tells the client what it has asked for; it may ask for more meanwhile. */
    void drain() {
        if (draining || client == null) {
            return;
        }
        draining = true;
        while (!closed && demand > 0 && !waiting.isEmpty()) {
            demand--;
            client.onNext(waiting.poll());
        }
        draining = false;
        if (!closed && finished && waiting.isEmpty()) {
            closed = true;
            client.onComplete();
        }
    }
}
