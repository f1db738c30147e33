package dev.sluice.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.CacheStatus.Nearest;
import dev.sluice.Complexity;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Refused;
import dev.sluice.Route;
import dev.sluice.cache.CachePreview;
import dev.sluice.cache.CacheStage;
import dev.sluice.dialect.Dialect;
import dev.sluice.routing.ConversationRouter;
import dev.sluice.routing.Decision;
import dev.sluice.routing.Router;
import dev.sluice.routing.Stay;
import dev.sluice.scoring.Scorer;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.function.Function;

/**
 * Where a chat completion would go, and why. Takes the same body and headers; calls nobody, charges nothing. A prompt is
 * scored here also where the client names the model, because somebody wants to know.
 */
@Path("/v1/route")
public final class RouteResource {
    private final Authentication authentication;
    private final Scorer scorer;
    private final Router router;
    private final ConversationRouter conversations;
    private final Function<Exchange, Uni<CachePreview>> cache;

    @Inject
    RouteResource(Authentication authentication, Scorer scorer, Router router, ConversationRouter conversations,
            CacheStage cache) {
        this(authentication, scorer, router, conversations, cache::preview);
    }

    RouteResource(Authentication authentication, Scorer scorer, Router router, ConversationRouter conversations,
            Function<Exchange, Uni<CachePreview>> cache) {
        this.authentication = authentication;
        this.cache = cache;
        this.scorer = scorer;
        this.router = router;
        this.conversations = conversations;
    }

    @POST
    @Produces(MediaType.APPLICATION_JSON)
    public Uni<Explanation> explain(byte[] body, @Context HttpServerRequest http) {
        return authentication.caller(http).flatMap(caller -> explain(
                Exchange.of(RequestIds.of(http),
                        Dialect.of(Endpoint.CHAT_COMPLETIONS).read(body).with(ForwardedHeaders.read(http)), caller,
                        WishHeaders.read(http))));
    }

    Uni<Explanation> explain(Exchange asked) {
        Exchange exchange = asked.with(scorer.score(asked.request().prompt()));
        return conversations.decide(exchange).flatMap(decision -> explain(exchange, decision));
    }

    private Uni<Explanation> explain(Exchange exchange, Decision decision) {
        if (decision instanceof Decision.Refused refused) {
            throw new Refused(refused.refusal());
        }
        Decision.Routed routed = (Decision.Routed) decision;
        return cache.apply(exchange.with(routed.route())).map(preview -> explanation(exchange, routed, preview));
    }

    private Explanation explanation(Exchange exchange, Decision.Routed routed, CachePreview preview) {
        Route route = routed.route();
        Complexity complexity = exchange.complexity();
        return new Explanation(complexity.score(),
                complexity.pWorse().isPresent() ? complexity.pWorse().getAsDouble() : null, route.tier().orElse(null),
                router.priority(exchange).toString(), route.model().name(),
                route.fallbacks().stream().map(Model::name).toList(),
                router.estimate(exchange, route.model()).toString(),
                route.baseline().map(model -> router.estimate(exchange, model).toString()).orElse(null),
                scorer.explain(exchange.request().prompt()).stream().map(f -> new Feature(f.name(), f.weight()))
                        .toList(),
                route.dropped().stream().map(d -> new Dropped(d.tier(), d.model(), d.reason())).toList(),
                routed.stay().map(RouteResource::conversation).orElse(null),
                new Cached(preview.lookup(), preview.nearest().map(Nearest::verdict).orElse(null),
                        preview.nearest().map(Nearest::similarity).orElse(null)));
    }

    private static Conversation conversation(Stay stay) {
        return new Conversation(stay.before().name(), stay.alone().name(), stay.kept(), stay.saving().toString(),
                stay.discount().toString(), stay.reason());
    }

    /**
     * @param complexity 0..1
     * @param pWorse probability that the cheapest tier's answer would be worse than the best one's; null where the scorer
     *        does not estimate it
     * @param tier null where the client names the model
     * @param priority that counts, after the key's bound
     * @param estimatedCostUsd what this request is likely to cost at most, in dollars
     * @param baselineCostUsd the same on the baseline model; null where the client names the model
     * @param features what made the complexity, the weightiest first
     * @param dropped tiers that were passed over
     * @param conversation what was weighed to keep the conversation's model; null where none is remembered
     * @param cache what the cache would do
     */
    public record Explanation(double complexity, @JsonProperty("p_worse") Double pWorse, String tier, String priority,
            String model, List<String> fallbacks, @JsonProperty("estimated_cost_usd") String estimatedCostUsd,
            @JsonProperty("baseline_cost_usd") String baselineCostUsd, List<Feature> features,
            List<Dropped> dropped, Conversation conversation, Cached cache) {}

    /**
     * What the cache would do.
     *
     * @param lookup exact, semantic, miss or bypass
     * @param verdict what decided about the stored question that came nearest; null where none was near
     * @param similarity of that question, a cosine; null where none was near
     */
    public record Cached(String lookup, String verdict, Double similarity) {}

    /** One thing seen in the prompt and its share of the complexity. */
    public record Feature(String name, double weight) {}

    /** A tier that was passed over, and the reason as a clause in words. */
    public record Dropped(String tier, String model, String reason) {}

    /**
     * The conversation's model against the one that this turn alone would be given.
     *
     * @param savingUsd what the change saves at list prices in this turn, in dollars; negative: it costs more
     * @param discountLostUsd what the provider's prompt cache takes off for what this turn repeats, and would no longer
     * @param reason a clause in words
     */
    public record Conversation(String model, @JsonProperty("model_of_this_turn") String modelOfThisTurn, boolean kept,
            @JsonProperty("saving_usd") String savingUsd, @JsonProperty("discount_lost_usd") String discountLostUsd,
            String reason) {}
}
