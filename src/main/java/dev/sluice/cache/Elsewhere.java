package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Reply.Stream;
import dev.sluice.Route;
import dev.sluice.cache.ExactCache.Finding;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
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
    private final Leases leases;
    private final Waiting waiting;
    private final Relay relay;
    private final Vertx vertx;
    private final Duration maxWait;

    @Inject
    Elsewhere(ExactCache exact, Entries entries, Leases leases, Waiting waiting, Relay relay, Vertx vertx,
            Settings settings) {
        this(exact, entries, leases, waiting, relay, vertx, settings.cache().maxWait());
    }

    Elsewhere(ExactCache exact, Entries entries, Leases leases, Waiting waiting, Relay relay, Vertx vertx,
            Duration maxWait) {
        this.exact = exact;
        this.entries = entries;
        this.leases = leases;
        this.waiting = waiting;
        this.relay = relay;
        this.vertx = vertx;
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
                    looks.follows ? leases::sayFollowed : leases::say).map(looks::outcome);
        });
    }

    /** The looks of one request, which follow one another. */
    private final class Looks {
        private final Identity identity;
        private final Exchange exchange;
        private final Scope scope;
        private final Lease wanted;
        /** Whether it wants what is being told elsewhere while it is told. */
        private final boolean follows;
        private Reception reception;
        private Optional<Stream> told = Optional.empty();
        private int count;

        Looks(Identity identity, Exchange exchange, Scope scope) {
            this.identity = identity;
            this.exchange = exchange;
            this.scope = scope;
            this.wanted = entries.lease(identity);
            this.follows = exchange.request().streamed() && exchange.wishes().replayDelay().isZero();
        }

        Uni<Finding> look() {
            count++;
            Uni<Finding> finding = exact.findOrClaim(wanted, identity, exchange.route().model(), scope);
            return follows ? finding.flatMap(this::listen) : finding;
        }

        /** Somebody elsewhere may be telling it. */
        private Uni<Finding> listen(Finding finding) {
            if (!Waiting.isOthers(finding.lease(), wanted)) {
                return Uni.createFrom().item(finding);
            }
            if (reception == null || !reception.lease().equals(finding.lease())) {
                reception = new Reception(finding.lease(), identity, scope, relay, leases, vertx);
            }
            return reception.look().onFailure().recoverWithNull().map(looked -> {
                told = reception.begun().flatMap(this::served).map(model -> reception.stream(exchange, model));
                return finding;
            });
        }

        /** Empty where the fallback that answers is none of this one's. */
        private Optional<Model> served(String name) {
            Route route = exchange.route();
            return route.model().name().equals(name)
                    ? Optional.of(route.model())
                    : route.fallbacks().stream().filter(model -> model.name().equals(name)).findFirst();
        }

        /** Null where it need not be waited for any longer. */
        Lease standing(Finding finding) {
            return told.isPresent() ? null : finding.lease();
        }

        Outcome outcome(Finding finding) {
            return new Outcome(finding.unlessOthers(wanted), count > 1, told);
        }
    }
}
