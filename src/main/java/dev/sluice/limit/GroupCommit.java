package dev.sluice.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/**
 * What Redis is told of one holder, many of a kind together: the first waits a moment for whatever else comes, and what
 * comes while that is under way goes together, a moment after it has arrived, so that a busy holder costs Redis little
 * more than an idle one.
 */
final class GroupCommit<T> {
    /** In one message: Redis serves nobody else meanwhile. */
    static final int AT_ONCE = 64;

    private List<T> waiting = new ArrayList<>();
    private int underWay;
    private boolean due;

    /**
     * @param write takes what goes together, and runs what it is given once that has arrived or is given up
     * @param soon runs what it is given when that moment is over
     */
    void add(T one, BiConsumer<List<T>, Runnable> write, Executor soon) {
        List<T> now = List.of();
        boolean first;
        synchronized (this) {
            waiting.add(one);
            if (waiting.size() >= AT_ONCE) {
                // While Redis is away nothing arrives: what fills a message is then kept where such messages are bounded.
                now = take();
            }
            first = underWay == 0 && !due;
            due |= first;
        }
        send(now, write, soon);
        if (first) {
            soon.execute(() -> flush(write, soon));
        }
    }

    /** Sends what waits; whether there was any. */
    boolean flush(BiConsumer<List<T>, Runnable> write, Executor soon) {
        List<T> now;
        synchronized (this) {
            now = take();
        }
        send(now, write, soon);
        return !now.isEmpty();
    }

    private void arrived(BiConsumer<List<T>, Runnable> write, Executor soon) {
        boolean next;
        synchronized (this) {
            underWay--;
            next = underWay == 0 && !due && !waiting.isEmpty();
            due |= next;
        }
        if (next) {
            soon.execute(() -> flush(write, soon));
        }
    }

    private List<T> take() {
        due = false;
        if (waiting.isEmpty()) {
            return List.of();
        }
        underWay++;
        List<T> all = waiting;
        waiting = new ArrayList<>();
        return all;
    }

    private void send(List<T> now, BiConsumer<List<T>, Runnable> write, Executor soon) {
        if (!now.isEmpty()) {
            write.accept(now, () -> arrived(write, soon));
        }
    }
}
