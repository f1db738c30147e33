package dev.sluice.cache;

import dev.sluice.Model;
import dev.sluice.cache.ExactCache.Finding;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Looks an answer up, or takes the lease to ask for it; and while another replica holds that lease, looks again until the
 * answer is there, the lease is free, or it has taken too long. One request per replica does so, the others wait for that
 * one ({@link SingleFlightStage}).
 */
@Singleton
final class Elsewhere {
    private final ExactCache exact;
    private final Entries entries;
    private final Waiting waiting;
    private final Duration maxWait;

    @Inject
    Elsewhere(ExactCache exact, Entries entries, Waiting waiting, Settings settings) {
        this(exact, entries, waiting, settings.cache().maxWait());
    }

    Elsewhere(ExactCache exact, Entries entries, Waiting waiting, Duration maxWait) {
        this.exact = exact;
        this.entries = entries;
        this.waiting = waiting;
        this.maxWait = maxWait;
    }

    /**
     * An entry, a lease of our own, or neither where it took too long or Redis does not answer.
     *
     * @param waited whether somebody else had the lease at first
     */
    record Outcome(Finding finding, boolean waited) {}

    /** Never fails. */
    Uni<Outcome> findOrClaim(Identity identity, Model model, Scope scope) {
        return Uni.createFrom().deferred(() -> {
            Lease wanted = entries.lease(identity);
            Looks looks = new Looks(() -> exact.findOrClaim(wanted, identity, model, scope));
            return waiting.look(wanted, maxWait, looks::look, Finding::lease)
                    .map(finding -> new Outcome(finding.unlessOthers(wanted), looks.count > 1));
        });
    }

    /** The looks of one request, which follow one another. */
    private static final class Looks {
        private final Supplier<Uni<Finding>> next;
        private int count;

        Looks(Supplier<Uni<Finding>> next) {
            this.next = next;
        }

        Uni<Finding> look() {
            count++;
            return next.get();
        }
    }
}
