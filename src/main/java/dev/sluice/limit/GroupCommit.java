package dev.sluice.limit;

import java.util.ArrayList;
import java.util.List;

/**
 * What Redis is told of one holder, many of a kind together: the first waits a moment for whatever else comes, and what
 * comes while that is under way goes together, a moment after it has arrived, so that a busy holder costs Redis little
 * more than an idle one.
 */
final class GroupCommit<T> {
    /** In one message: Redis serves nobody else meanwhile. */
    static final int AT_ONCE = 64;

    /** How a holder's messages reach Redis. */
    interface Messages<T> {
        /** @param arrived to be run once that has arrived or is given up */
        void write(List<T> together, Runnable arrived);

        /** Runs this when there has been time for others to come. */
        void soon(Runnable send);
    }

    private List<T> waiting = new ArrayList<>();
    private int underWay;
    private boolean due;

    void add(T one, Messages<T> messages) {
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
        send(now, messages);
        if (first) {
            messages.soon(() -> flush(messages));
        }
    }

    /** Sends what waits; whether there was any. */
    boolean flush(Messages<T> messages) {
        List<T> now;
        synchronized (this) {
            now = take();
        }
        send(now, messages);
        return !now.isEmpty();
    }

    private void arrived(Messages<T> messages) {
        boolean next;
        synchronized (this) {
            underWay--;
            next = underWay == 0 && !due && !waiting.isEmpty();
            due |= next;
        }
        if (next) {
            messages.soon(() -> flush(messages));
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

    private void send(List<T> now, Messages<T> messages) {
        if (!now.isEmpty()) {
            messages.write(now, () -> arrived(messages));
        }
    }
}
