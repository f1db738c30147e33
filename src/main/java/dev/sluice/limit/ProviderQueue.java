package dev.sluice.limit;

import dev.sluice.Priority;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Where requests of this replica wait for a provider's own requests and tokens a minute: the highest priority first, among
 * equals the oldest. Who waits advances one class every quarter of the longest wait, so that nobody starves. Only the
 * first one asks Redis again.
 */
final class ProviderQueue {
    /** Tokens come back when other calls end, on any replica, not only with time. */
    private static final long ASK_AGAIN_MILLIS = 100;
    private static final int QUARTERS = 4;

    private final Vertx vertx;
    private final long maxWaitMillis;
    private final LongSupplier millis;
    private final List<Waiter> waiters = new ArrayList<>();
    private Waiter asking;
    private long wakeAtMillis = Long.MAX_VALUE;
    private volatile long lastWaitMillis = 1;

    ProviderQueue(Vertx vertx, long maxWaitMillis, LongSupplier millis) {
        this.vertx = vertx;
        this.maxWaitMillis = maxWaitMillis;
        this.millis = millis;
    }

    /** What came of asking: granted, or milliseconds to wait, 0 when waiting does not help. */
    record Answer(boolean granted, long waitMillis) {
        static final Answer GRANTED = new Answer(true, 0);
    }

    private final class Waiter {
        private final Priority priority;
        private final long sinceMillis = millis.getAsLong();
        private final Supplier<Uni<Answer>> ask;
        private final UniEmitter<? super Answer> emitter;
        private final Context context = vertx.getOrCreateContext();
        private boolean over;

        Waiter(Priority priority, Supplier<Uni<Answer>> ask, UniEmitter<? super Answer> emitter) {
            this.priority = priority;
            this.ask = ask;
            this.emitter = emitter;
        }

        long waited(long now) {
            return now - sinceMillis;
        }

        long rank(long now) {
            return priority.ordinal() + waited(now) * QUARTERS / maxWaitMillis;
        }

        void complete(Answer answer) {
            context.runOnContext(ignored -> emitter.complete(answer));
        }
    }

    /**
     * Asks at once unless others wait already; waits where that can help within the longest wait.
     *
     * @param ask must be safe to repeat after a refusal
     * @param waiting told when this request begins to wait
     */
    Uni<Answer> admit(Priority priority, Supplier<Uni<Answer>> ask, Runnable waiting) {
        if (maxWaitMillis == 0) {
            return ask.get();
        }
        if (anybodyWaits()) {
            waiting.run();
            return enqueue(priority, ask, 1);
        }
        return ask.get().flatMap(answer -> {
            if (answer.granted() || answer.waitMillis() == 0 || answer.waitMillis() > maxWaitMillis) {
                return Uni.createFrom().item(answer);
            }
            waiting.run();
            lastWaitMillis = answer.waitMillis();
            return enqueue(priority, ask, answer.waitMillis());
        });
    }

    private synchronized boolean anybodyWaits() {
        return !waiters.isEmpty();
    }

    synchronized int size() {
        return waiters.size();
    }

    private Uni<Answer> enqueue(Priority priority, Supplier<Uni<Answer>> ask, long waitMillis) {
        return Uni.createFrom().emitter(emitter -> {
            Waiter waiter = new Waiter(priority, ask, emitter);
            synchronized (this) {
                waiters.add(waiter);
            }
            emitter.onTermination(() -> leave(waiter));
            vertx.setTimer(maxWaitMillis, timer -> giveUp(waiter));
            wakeIn(waitMillis);
        });
    }

    /** The client has gone. */
    private synchronized void leave(Waiter waiter) {
        waiters.remove(waiter);
        waiter.over = true;
    }

    private void giveUp(Waiter waiter) {
        synchronized (this) {
            if (waiter == asking) {
                waiter.over = true; // its last answer is under way and counts
                return;
            }
            if (!waiters.remove(waiter)) {
                return;
            }
        }
        waiter.complete(new Answer(false, lastWaitMillis));
    }

    /** Something was given back. */
    void poke() {
        if (anybodyWaits()) {
            wake();
        }
    }

    private void wakeIn(long waitMillis) {
        long delay = Math.max(1, Math.min(waitMillis, ASK_AGAIN_MILLIS));
        long at = millis.getAsLong() + delay;
        synchronized (this) {
            if (at >= wakeAtMillis) {
                return;
            }
            wakeAtMillis = at;
        }
        vertx.setTimer(delay, timer -> {
            synchronized (this) {
                wakeAtMillis = Long.MAX_VALUE;
            }
            wake();
        });
    }

    private void wake() {
        Waiter first;
        synchronized (this) {
            if (asking != null || waiters.isEmpty()) {
                return;
            }
            first = first();
            asking = first;
        }
        first.ask.get().subscribe().with(answer -> answered(first, answer), failure -> failed(first, failure));
    }

    private Waiter first() {
        long now = millis.getAsLong();
        Waiter first = waiters.get(0);
        for (Waiter waiter : waiters) {
            if (waiter.rank(now) > first.rank(now)) {
                first = waiter;
            }
        }
        return first;
    }

    private void answered(Waiter waiter, Answer answer) {
        boolean ends;
        synchronized (this) {
            asking = null;
            lastWaitMillis = answer.waitMillis();
            ends = answer.granted() || waiter.over || answer.waitMillis() == 0;
            if (ends) {
                waiters.remove(waiter);
            }
        }
        if (ends) {
            waiter.complete(answer);
            wake();
        } else {
            wakeIn(answer.waitMillis());
        }
    }

    private void failed(Waiter waiter, Throwable failure) {
        synchronized (this) {
            asking = null;
            waiters.remove(waiter);
        }
        waiter.context.runOnContext(ignored -> waiter.emitter.fail(failure));
        wake();
    }
}
