package dev.sluice.routing;

import dev.sluice.CacheStatus;
import dev.sluice.Complexity;
import dev.sluice.Exchange;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Stream;
import dev.sluice.Route;
import dev.sluice.Stage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.OptionalDouble;

/** Decides which model is to answer, and on the way back what that decision saved. */
@Singleton
public final class RoutingStage implements Stage {
    private final ConversationRouter router;

    RoutingStage(ConversationRouter router) {
        this.router = router;
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        return router.decide(exchange).flatMap(decision -> {
            OptionalDouble score = score(exchange.complexity());
            if (decision instanceof Decision.Refused refused) {
                Receipt receipt = Receipt.NONE.routed(Optional.empty(), score, Money.ZERO);
                return Uni.createFrom().item(refused.refusal().with(receipt));
            }
            Decision.Routed routed = (Decision.Routed) decision;
            return next.apply(exchange.with(routed.route())).map(reply -> accounted(reply, exchange, routed, score));
        });
    }

    private Reply accounted(Reply reply, Exchange exchange, Decision.Routed routed, OptionalDouble score) {
        Route route = routed.route();
        return remembered(reply, exchange, routed)
                .amend(receipt -> receipt.routed(route.tier(), score, saved(route, receipt)));
    }

    /** Only what was served binds later turns: a stream has not been before its end. */
    private Reply remembered(Reply reply, Exchange exchange, Decision.Routed routed) {
        if (reply instanceof Stream stream) {
            return stream.ending(end -> {
                if (end.failure().isEmpty()) {
                    router.served(exchange, routed);
                }
                return end;
            });
        }
        if (reply instanceof Answer answer && answer.ok()) {
            router.served(exchange, routed);
        }
        return reply;
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
