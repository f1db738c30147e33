package dev.sluice;

import dev.sluice.Stage.Next;
import dev.sluice.cache.CacheStage;
import dev.sluice.cache.IdempotencyStage;
import dev.sluice.cache.SingleFlightStage;
import dev.sluice.ledger.LedgerStage;
import dev.sluice.limit.LimitStage;
import dev.sluice.routing.RoutingStage;
import dev.sluice.scoring.ScoringStage;
import dev.sluice.upstream.FallbackStage;
import dev.sluice.tenant.UpstreamIdsStage;
import dev.sluice.upstream.UpstreamStage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * The way of a request. Every one of them is asked: what is the cheapest way to give a good answer? Maybe a cheaper model
 * is good enough; maybe somebody already asked; maybe this team has spent its share; only then is a provider paid.
 */
@Singleton
public final class Gateway {
    private final Next pipeline;

    Gateway(LedgerStage ledger, IdempotencyStage idempotency, ScoringStage scoring, RoutingStage routing,
            UpstreamIdsStage upstreamIds,
            SingleFlightStage flight, CacheStage cache, LimitStage limit, FallbackStage fallback,
            UpstreamStage upstream) {
        pipeline = chain(List.of(
                ledger, // counts what came of it: cost, savings, meters
                idempotency, // has this client asked it before, under the same name?
                scoring, // how hard does the prompt look?
                routing, // which model is good enough?
                upstreamIds, // is what it refers to at a provider its own?
                flight, // is somebody asking this right now? then wait for that answer
                cache, // has this been asked before? else keep the answer
                limit, // may this caller spend that much? reserve before, settle after
                fallback, // who else can answer when this model fails?
                upstream)); // a provider is asked, and paid
    }

    public Uni<Reply> serve(Exchange exchange) {
        return pipeline.apply(exchange);
    }

    private static Next chain(List<? extends Stage> stages) {
        Next way = exchange -> {
            throw new IllegalStateException("The last stage answers.");
        };
        for (int i = stages.size() - 1; i >= 0; i--) {
            Stage stage = stages.get(i);
            Next rest = way;
            way = exchange -> stage.apply(exchange, rest);
        }
        return way;
    }
}
