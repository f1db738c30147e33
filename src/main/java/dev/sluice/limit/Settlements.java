package dev.sluice.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/**
 * What has ended at one holder, on its way to Redis. The first goes as soon as its reply has left, with whatever ended
 * meanwhile; what ends while that is under way goes together as soon as it has arrived, so that a busy holder costs Redis
 * little more than an idle one, and nothing waits for a timer.
 */
final class Settlements {
    /** In one write: Redis serves nobody else meanwhile. */
    static final int AT_ONCE = 64;

    private List<Ended> waiting = new ArrayList<>();
    private int underWay;
    private boolean due;

    /** A lease and its end. */
    record Ended(String id, Settlement settlement) {}

    /**
     * @param write takes what goes together, and runs what it is given once that is written or given up
     * @param afterwards runs what it is given when the reply has left
     */
    void add(String id, Settlement settlement, BiConsumer<List<Ended>, Runnable> write, Executor afterwards) {
        List<Ended> now = List.of();
        boolean first;
        synchronized (this) {
            waiting.add(new Ended(id, settlement));
            if (waiting.size() >= AT_ONCE) {
                // While Redis is away nothing arrives: what fills a write is then kept where such writes are bounded.
                now = take();
            }
            first = underWay == 0 && !due;
            due |= first;
        }
        send(now, write);
        if (first) {
            afterwards.execute(() -> flush(write));
        }
    }

    /** Sends what waits; whether there was any. */
    boolean flush(BiConsumer<List<Ended>, Runnable> write) {
        List<Ended> now;
        synchronized (this) {
            now = take();
        }
        send(now, write);
        return !now.isEmpty();
    }

    private void arrived(BiConsumer<List<Ended>, Runnable> write) {
        List<Ended> now;
        synchronized (this) {
            underWay--;
            now = underWay == 0 ? take() : List.of();
        }
        send(now, write);
    }

    private List<Ended> take() {
        due = false;
        if (waiting.isEmpty()) {
            return List.of();
        }
        underWay++;
        List<Ended> all = waiting;
        waiting = new ArrayList<>();
        return all;
    }

    private void send(List<Ended> now, BiConsumer<List<Ended>, Runnable> write) {
        if (!now.isEmpty()) {
            write.accept(now, () -> arrived(write));
        }
    }
}
