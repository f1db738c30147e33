package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Reply.Stream;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.function.Function;

/** Of a request that waits while somebody else holds the lease: joins the stream that is told under it, if there is one. */
final class Joining {
    private final Relay relay;
    private final Identity identity;
    private final Scope scope;
    private final Exchange exchange;
    private final CacheStatus status;
    private final Function<String, Optional<Model>> served;
    private final boolean wanted;
    private Reception reception;
    private Optional<Stream> joined = Optional.empty();

    /**
     * @param identity what may be shared, in which scope
     * @param status of who joins
     * @param served the model of this name; empty where its answer is not for this request
     */
    Joining(Relay relay, Identity identity, Scope scope, Exchange exchange, CacheStatus status,
            Function<String, Optional<Model>> served) {
        this.relay = relay;
        this.identity = identity;
        this.scope = scope;
        this.exchange = exchange;
        this.status = status;
        this.served = served;
        this.wanted = exchange.request().streamed() && exchange.wishes().replayDelay().isZero();
    }

    /** Whether what is told is wanted while it is told. */
    boolean wanted() {
        return wanted;
    }

    /**
     * Looks whether there is something to join. One trip, if it is wanted; never fails.
     *
     * @param others the lease that stands
     * @param seen what comes of it
     */
    <T> Uni<T> look(Lease others, T seen) {
        if (!wanted) {
            return Uni.createFrom().item(seen);
        }
        if (reception == null || !reception.lease().equals(others)) {
            reception = relay.receive(others, identity, scope);
        }
        return reception.look().onFailure().recoverWithNull().map(looked -> {
            joined = reception.begun().flatMap(served).map(model -> reception.stream(exchange, model, status));
            return seen;
        });
    }

    /** Empty where there is nothing to join, or nothing yet. */
    Optional<Stream> joined() {
        return joined;
    }
}
