package dev.sluice.limit;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Priority;
import dev.sluice.Reply.Refusal;
import dev.sluice.Route;
import dev.sluice.limit.Decision.Granted;
import dev.sluice.limit.Decision.Refused;
import dev.sluice.limit.Decision.TooRough;
import dev.sluice.limit.ProviderQueue.Answer;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** The providers that allow only so many requests or tokens a minute of ours, and the queues before them. */
final class ProviderGate {
    private static final String SCOPE = "provider";

    private final Map<String, Limited> limited = new HashMap<>();
    private final Function<Exchange, Priority> priorities;

    /** One of them. */
    record Limited(String name, Holder holder, ProviderQueue queue) {}

    ProviderGate(Map<String, Holder> holders, Vertx vertx, Duration maxWait, Function<Exchange, Priority> priorities,
            LongSupplier millis) {
        this.priorities = priorities;
        holders.forEach((name, holder) -> limited.put(name,
                new Limited(name, holder, new ProviderQueue(vertx, maxWait.toMillis(), millis))));
    }

    /** Null where this provider is not limited. */
    Limited of(Model model) {
        return limited.isEmpty() ? null : limited.get(model.provider());
    }

    Iterable<Limited> all() {
        return limited.values();
    }

    /** Whether one of these models is at a provider that limits tokens, so that it has to be told a bound. */
    boolean limitTokens(Route route) {
        if (limited.isEmpty()) {
            return false;
        }
        if (limitsTokens(route.model())) {
            return true;
        }
        for (Model model : route.fallbacks()) {
            if (limitsTokens(model)) {
                return true;
            }
        }
        return false;
    }

    private boolean limitsTokens(Model model) {
        Limited provider = of(model);
        return provider != null && provider.holder().limitsTokens();
    }

    /** @return empty: the provider has room for one call, and the lease holds it */
    Uni<Optional<Refusal>> admit(Limiter limiter, Lease lease, Limited provider, Model model) {
        Demand demand = lease.demand().tokensOnly();
        boolean[] waited = new boolean[1];
        return provider.queue().admit(priorities.apply(lease.exchange()),
                () -> ask(limiter, lease, provider, model, demand), () -> {
                    waited[0] = true;
                    lease.mark(false).subscribe().with(marked -> {}, away -> {});
                }).flatMap(answer -> {
                    if (!answer.granted()) {
                        return Uni.createFrom()
                                .item(Optional.of(Refusals.providerFull(provider.name(), answer.waitMillis())));
                    }
                    return waited[0]
                            ? lease.mark(true).onFailure().recoverWithNull().replaceWith(Optional.empty())
                            : Uni.createFrom().item(Optional.empty());
                });
    }

    private Uni<Answer> ask(Limiter limiter, Lease lease, Limited provider, Model model, Demand demand) {
        String id = limiter.nextId();
        boolean storeThere = limiter.store().available();
        return limiter.store().reserve(provider.holder(), id, 0, false, demand, model.name())
                .onItemOrFailure().transformToUni((decision, away) -> {
                    if (away != null) {
                        return Uni.createFrom()
                                .item(withoutStore(limiter, lease, provider, id, demand, storeThere, away));
                    }
                    if (decision instanceof TooRough) {
                        return limiter.exactly(lease.exchange().request(), model, demand)
                                .flatMap(counted -> ask(limiter, lease, provider, model, counted));
                    }
                    return Uni.createFrom().item(decided(limiter, lease, provider, id, demand, decision));
                });
    }

    private static Answer decided(Limiter limiter, Lease lease, Limited provider, String id, Demand demand,
            Decision decision) {
        if (decision instanceof Granted granted) {
            limiter.meters().counted(SCOPE, "granted");
            lease.hold(new ProviderHold(provider, id, demand.tokens(), granted.redisMillis(), limiter.millis()));
            return Answer.GRANTED;
        }
        if (decision instanceof Refused refused) {
            limiter.meters().refused(SCOPE, refused.kind());
            return new Answer(false, refused.waitMillis());
        }
        throw new IllegalStateException("A new lease cannot have ended.");
    }

    /** The provider has its own means against too much; a share of its limit is a good guess while Redis is away. */
    private static Answer withoutStore(Limiter limiter, Lease lease, Limited provider, String id, Demand demand,
            boolean mayBeGranted, Throwable away) {
        if (mayBeGranted) {
            new ProviderHold(provider, id, 0, 0, limiter.millis()).settle(limiter.store(), false, 0, limiter.millis());
        }
        return limiter.locally(provider.holder(), demand, away);
    }
}
