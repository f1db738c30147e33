package dev.sluice.cache;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Waits while somebody else holds a lease: looks again and again, often at first, and says to the holder that somebody
 * waits.
 */
@Singleton
final class Waiting {
    /** ms between two looks: a sixteenth of what has been waited so far, within these. */
    private static final long SOONEST = 4;
    private static final long LATEST = 50;
    /** So many looks a second are made at most by one replica, about. */
    private static final long LOOKS = 4_000;
    private static final long SECOND = 1_000;

    private final Leases leases;
    private final Vertx vertx;
    private final AtomicInteger waiting = new AtomicInteger();

    Waiting(Leases leases, Vertx vertx) {
        this.leases = leases;
        this.vertx = vertx;
    }

    /**
     * Looks until what is seen is no lease of somebody else, or it has taken too long; then that is the item.
     *
     * @param wanted the lease that a look takes when it is free; released when nobody waits for the item any more
     * @param look one trip; never fails
     * @param standing the lease that was seen, or null where it was none
     * @param follows whether the stream is wanted while it is told
     */
    <T> Uni<T> look(Lease wanted, Duration longest, Supplier<Uni<T>> look, Function<T, Lease> standing,
            boolean follows) {
        return look.get().flatMap(first -> isOthers(standing.apply(first), wanted)
                ? Uni.createFrom().<T>emitter(emitter -> new Wait<>(wanted, longest, look, standing, follows, emitter)
                        .begin(first))
                : Uni.createFrom().item(first)).onCancellation().invoke(() -> leases.release(wanted));
    }

    static boolean isOthers(Lease standing, Lease wanted) {
        return standing != null && !standing.equals(wanted);
    }

    /** One that waits. Its looks follow one another. */
    private final class Wait<T> {
        private final Lease wanted;
        private final long longest;
        private final Supplier<Uni<T>> look;
        private final Function<T, Lease> standing;
        private final boolean follows;
        private final UniEmitter<? super T> emitter;
        private final long since = System.nanoTime();
        private long saidAt = since - Leases.SAID_EVERY.toNanos();
        private volatile Cancellable looking;
        private volatile long timer = -1;
        private boolean ended;

        Wait(Lease wanted, Duration longest, Supplier<Uni<T>> look, Function<T, Lease> standing, boolean follows,
                UniEmitter<? super T> emitter) {
            this.wanted = wanted;
            this.longest = longest.toNanos();
            this.look = look;
            this.standing = standing;
            this.follows = follows;
            this.emitter = emitter;
        }

        void begin(T first) {
            waiting.incrementAndGet();
            emitter.onTermination(this::abandon);
            seen(first);
        }

        private void seen(T seen) {
            long now = System.nanoTime();
            Lease lease = standing.apply(seen);
            if (!isOthers(lease, wanted) || now - since >= longest) {
                if (leave()) {
                    emitter.complete(seen);
                } else {
                    leases.release(wanted);
                }
                return;
            }
            if (now - saidAt >= Leases.SAID_EVERY.toNanos()) {
                saidAt = now;
                if (follows) {
                    leases.sayFollowed(lease);
                } else {
                    leases.say(lease);
                }
            }
            long pause = Math.max(SOONEST, Math.min(LATEST, TimeUnit.NANOSECONDS.toMillis(now - since) / 16));
            timer = vertx.setTimer(Math.max(pause, waiting.get() * SECOND / LOOKS), id -> lookAgain());
        }

        private synchronized boolean ended() {
            return ended;
        }

        private void lookAgain() {
            if (!ended()) {
                looking = look.get().subscribe().with(this::seen);
            }
        }

        private void abandon() {
            if (leave()) {
                vertx.cancelTimer(timer);
                Cancellable look = looking;
                if (look != null) {
                    look.cancel();
                }
            }
        }

        private synchronized boolean leave() {
            boolean first = !ended;
            if (first) {
                ended = true;
                waiting.decrementAndGet();
            }
            return first;
        }
    }
}
