package dev.sluice.cache;

import dev.sluice.Model;
import dev.sluice.cache.ExactCache.Finding;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Looks an answer up, or takes the lease to ask for it; and while another replica holds that lease, looks again until the
 * answer is there, the lease is free, or it has taken too long. One request per replica does so, the others wait for that
 * one ({@link SingleFlightStage}).
 */
@Singleton
final class Elsewhere {
    /** ms between two looks: a sixteenth of what has been waited so far, within these. */
    private static final long SOONEST = 4;
    private static final long LATEST = 50;
    /** So many looks a second are made at most by one replica, about. */
    private static final long LOOKS = 4_000;

    private final ExactCache exact;
    private final Entries entries;
    private final Leases leases;
    private final Vertx vertx;
    private final long maxWaitNanos;
    private final AtomicInteger waiting = new AtomicInteger();

    @Inject
    Elsewhere(ExactCache exact, Entries entries, Leases leases, Vertx vertx, Settings settings) {
        this(exact, entries, leases, vertx, settings.cache().maxWait());
    }

    Elsewhere(ExactCache exact, Entries entries, Leases leases, Vertx vertx, Duration maxWait) {
        this.exact = exact;
        this.entries = entries;
        this.leases = leases;
        this.vertx = vertx;
        this.maxWaitNanos = maxWait.toNanos();
    }

    /**
     * An entry, a lease of our own, or neither where it took too long or Redis does not answer.
     *
     * @param waited whether somebody else made the entry meanwhile
     */
    record Outcome(Finding finding, boolean waited) {}

    /** Never fails. */
    Uni<Outcome> findOrClaim(Identity identity, Model model) {
        return Uni.createFrom().deferred(() -> {
            Lease wanted = entries.lease(identity);
            return exact.findOrClaim(wanted, model).flatMap(finding -> isOthers(finding, wanted)
                    ? Uni.createFrom().<Outcome>emitter(emitter -> new Wait(wanted, model, emitter).begin(finding))
                    : Uni.createFrom().item(new Outcome(finding, false)));
        });
    }

    private static boolean isOthers(Finding finding, Lease wanted) {
        return finding.lease() != null && !finding.lease().equals(wanted);
    }

    /** One request that waits. Its looks follow one another. */
    private final class Wait {
        private final Lease wanted;
        private final Model model;
        private final UniEmitter<? super Outcome> emitter;
        private final long since = System.nanoTime();
        private long saidAt = since - Leases.SAID_EVERY.toNanos();
        private volatile Cancellable looking;
        private volatile long timer = -1;
        private volatile boolean ended;

        Wait(Lease wanted, Model model, UniEmitter<? super Outcome> emitter) {
            this.wanted = wanted;
            this.model = model;
            this.emitter = emitter;
        }

        void begin(Finding first) {
            waiting.incrementAndGet();
            emitter.onTermination(this::abandon);
            seen(first);
        }

        private void seen(Finding finding) {
            if (!isOthers(finding, wanted)) {
                end(new Outcome(finding, true));
                return;
            }
            long now = System.nanoTime();
            long waited = now - since;
            if (waited >= maxWaitNanos) {
                end(new Outcome(new Finding(finding.view(), finding.entry(), null), true));
                return;
            }
            if (now - saidAt >= Leases.SAID_EVERY.toNanos()) {
                saidAt = now;
                leases.say(finding.lease());
            }
            long pause = Math.max(SOONEST, Math.min(LATEST, TimeUnit.NANOSECONDS.toMillis(waited) / 16));
            long fair = waiting.get() * 1000L / LOOKS;
            timer = vertx.setTimer(Math.max(pause, fair), id -> look());
        }

        private void look() {
            if (!ended) {
                looking = exact.findOrClaim(wanted, model).subscribe().with(this::seen);
            }
        }

        private void end(Outcome outcome) {
            if (leave()) {
                emitter.complete(outcome);
            } else if (wanted.equals(outcome.finding().lease())) {
                leases.release(wanted);
            }
        }

        private void abandon() {
            if (leave()) {
                vertx.cancelTimer(timer);
                Cancellable look = looking;
                if (look != null) {
                    look.cancel();
                    leases.release(wanted); // which it may just have got
                }
            }
        }

        private synchronized boolean leave() {
            if (ended) {
                return false;
            }
            ended = true;
            waiting.decrementAndGet();
            return true;
        }
    }
}
