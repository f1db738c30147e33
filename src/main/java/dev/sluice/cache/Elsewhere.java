package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Reply.Stream;
import dev.sluice.Route;
import dev.sluice.cache.ExactCache.Finding;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/**
 * Looks an answer up, or takes the lease to ask for it; and while another replica holds that lease, looks again until the
 * answer is there, or is being told and can be followed, the lease is free, or it has taken too long. One request per replica does so, the others wait for that
 * one ({@link SingleFlightStage}).
 */
@Singleton
final class Elsewhere {
    private final ExactCache exact;
    private final Entries entries;
    private final Waiting waiting;
    private final Relay relay;
    private final Duration maxWait;

    @Inject
    Elsewhere(ExactCache exact, Entries entries, Waiting waiting, Relay relay, Settings settings) {
        this(exact, entries, waiting, relay, settings.cache().maxWait());
    }

    Elsewhere(ExactCache exact, Entries entries, Waiting waiting, Relay relay, Duration maxWait) {
        this.exact = exact;
        this.entries = entries;
        this.waiting = waiting;
        this.relay = relay;
        this.maxWait = maxWait;
    }

    /**
     * An entry, a lease of our own, or neither where it is being told, took too long or Redis does not answer.
     *
     * @param waited whether somebody else had the lease at first
     * @param told what is being told elsewhere; empty where it is not
     */
    record Outcome(Finding finding, boolean waited, Optional<Stream> told) {

        Outcome(Finding finding) {
            this(finding, false, Optional.empty());
        }
    }

    /** Never fails. */
    Uni<Outcome> findOrClaim(Identity identity, Exchange exchange, Scope scope) {
        return Uni.createFrom().deferred(() -> {
            Looks looks = new Looks(identity, exchange, scope);
            return waiting.look(looks.wanted, maxWait, looks::look, looks::standing,
                    looks.joining.wanted()).map(looks::outcome);
        });
    }

    /** The looks of one request, which follow one another. */
    private final class Looks {
        private final Identity identity;
        private final Exchange exchange;
        private final Scope scope;
        private final Lease wanted;
        private final Joining joining;
        private int count;

        Looks(Identity identity, Exchange exchange, Scope scope) {
            this.identity = identity;
            this.exchange = exchange;
            this.scope = scope;
            this.wanted = entries.lease(identity);
            this.joining = new Joining(relay, identity, scope, exchange, new CacheStatus.Collapsed(), this::served);
        }

        /** Empty where the fallback that answers is none of this one's. */
        private Optional<Model> served(String name) {
            Route route = exchange.route();
            return route.model().name().equals(name)
                    ? Optional.of(route.model())
                    : route.fallbacks().stream().filter(model -> model.name().equals(name)).findFirst();
        }

        Uni<Finding> look() {
            count++;
            return exact.findOrClaim(wanted, identity, exchange.route().model(), scope)
                    .flatMap(finding -> Waiting.isOthers(finding.lease(), wanted)
                            ? joining.look(finding.lease(), finding)
                            : Uni.createFrom().item(finding));
        }

        /** Null where it need not be waited for any longer. */
        Lease standing(Finding finding) {
            return joining.joined().isPresent() ? null : finding.lease();
        }

        Outcome outcome(Finding finding) {
            return new Outcome(finding.unlessOthers(wanted), count > 1, joining.joined());
        }
    }
}
