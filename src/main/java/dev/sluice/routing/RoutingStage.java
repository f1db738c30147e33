package dev.sluice.routing;

import dev.sluice.CacheStatus;
import dev.sluice.Complexity;
import dev.sluice.Exchange;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Route;
import dev.sluice.Stage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.OptionalDouble;

/** Decides which model is to answer, and on the way back what that decision saved. */
@Singleton
public final class RoutingStage implements Stage {
    private final Router router;

    RoutingStage(Router router) {
        this.router = router;
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        Decision decision = router.decide(exchange);
        OptionalDouble score = score(exchange.complexity());
        if (decision instanceof Decision.Refused refused) {
            Receipt receipt = Receipt.NONE.routed(Optional.empty(), score, Money.ZERO);
            return Uni.createFrom().item(refused.refusal().with(receipt));
        }
        Route route = ((Decision.Routed) decision).route();
        return next.apply(exchange.with(route)).map(reply -> reply
                .amend(receipt -> receipt.routed(route.tier(), score, saved(route, receipt))));
    }

    private static OptionalDouble score(Complexity complexity) {
        return complexity == null ? OptionalDouble.empty() : OptionalDouble.of(complexity.score());
    }

    /** What came from the cache was saved by the cache, whole: counting it twice would be bragging. */
    private static Money saved(Route route, Receipt receipt) {
        CacheStatus cache = receipt.cache().orElse(null);
        boolean cached = cache instanceof CacheStatus.ExactHit || cache instanceof CacheStatus.SemanticHit
                || cache instanceof CacheStatus.Collapsed;
        return cached ? Money.ZERO : route.saved(receipt.usage(), receipt.cost());
    }
}
