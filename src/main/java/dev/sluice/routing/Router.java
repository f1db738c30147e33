package dev.sluice.routing;

import dev.sluice.Caller;
import dev.sluice.Complexity;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Receipt;
import dev.sluice.Reply.Refusal;
import dev.sluice.Route;
import dev.sluice.Route.Dropped;
import dev.sluice.Tier;
import dev.sluice.config.Settings;
import dev.sluice.json.Json;
import dev.sluice.routing.Conversations.Remembered;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * Chooses the model for a request: the one the client names, or that of a tier. Decides without I/O.
 *
 * <p>
 * Tiers whose model the caller may not use, or that are slower than it allows, are out; of the others the first that
 * matches is chosen, or the last where none does. If that one costs more than the client allows, the cheapest tier that
 * fits takes its place; if the request is larger than its context window, the next tier that fits does, looking down the
 * list first and then up.
 */
@Singleton
public final class Router {
    private final Settings.Routing routing;
    private final Map<String, Model> models;
    private final Map<String, List<Model>> fallbacks = new HashMap<>();
    private final Optional<Model> baseline;
    private final long defaultMaxTokens;
    private final Latencies latencies;

    public Router(Settings settings, Latencies latencies) {
        this.routing = settings.routing();
        this.models = settings.models();
        this.defaultMaxTokens = settings.limits().defaultMaxTokens();
        this.latencies = latencies;
        models.forEach((name, model) -> fallbacks.put(name, model.fallbacks().stream().map(models::get).toList()));
        this.baseline = routing.baselineModel().or(() -> routing.tiers().stream().findFirst().map(Tier::model))
                .map(models::get);
    }

    /** Where the request is to go; {@code exchange} is scored if it leaves the choice to the gateway. */
    public Decision decide(Exchange exchange) {
        return decide(exchange, Optional.empty(), Optional.empty());
    }

    /** The same for a turn of a conversation, and what is remembered of it. */
    Decision decide(Exchange exchange, Optional<Conversation> conversation, Optional<Remembered> remembered) {
        Bounds bounds = bounds(exchange);
        boolean embeddings = !exchange.request().endpoint().generates();
        if (chooses(exchange)) {
            return embeddings
                    ? new Decision.Refused(notToBeChosen(exchange.request().model()))
                    : choose(exchange, bounds, conversation, remembered.filter(r -> models.containsKey(r.model())));
        }
        Decision decision = serveAsAsked(exchange.request().model(), exchange.caller(), bounds);
        return embeddings && decision instanceof Decision.Routed routed
                ? new Decision.Routed(inTheSameSpace(routed.route()), routed.stay())
                : decision;
    }

    /** Whether the request leaves the choice to the gateway. */
    boolean chooses(Exchange exchange) {
        return routing.autoNames().contains(exchange.request().model()) && !routing.tiers().isEmpty();
    }

    /** What the request is likely to cost at most on this model: estimated prompt, output as long as its bound. */
    public Money estimate(Exchange exchange, Model model) {
        return bounds(exchange).estimate(model);
    }

    /** As asked for by header, else in the body's metadata, else the default; lowered to what the key may ask for. */
    public Priority priority(Exchange exchange) {
        Priority asked = exchange.wishes().priority()
                .orElseGet(() -> ofMetadata(exchange.request().body()).orElse(routing.defaultPriority()));
        return asked.atMost(exchange.caller().maxPriority());
    }

    private static Optional<Priority> ofMetadata(Json body) {
        return body.string(body.member(body.root(), "metadata"), "priority").flatMap(Priority::of);
    }

    private Decision serveAsAsked(String name, Caller caller, Bounds bounds) {
        Model model = models.get(name);
        if (model == null) {
            return new Decision.Refused(new Refusal(404, "invalid_request_error", Optional.of("model_not_found"),
                    Optional.of("model"),
                    "The model `" + name + "` does not exist; GET /v1/models lists those that do.",
                    OptionalLong.empty(), Receipt.NONE));
        }
        if (!caller.mayUse(name)) {
            return new Decision.Refused(forbidden("This key may not use the model `" + name + "`."));
        }
        if (!bounds.fits(model)) {
            return new Decision.Refused(bounds.refusal(model));
        }
        return new Decision.Routed(
                new Route(model, Optional.empty(), usable(fallbacks.get(name), caller::mayUse, bounds),
                        Optional.empty(), List.of()),
                Optional.empty());
    }

    private static Refusal notToBeChosen(String name) {
        return Refusal.invalid("model", "Vectors of different models cannot be compared: `" + name
                + "` cannot choose one for embeddings, so name it.");
    }

    /** Another model's vectors would be worse than none; the same model elsewhere has the same. */
    private static Route inTheSameSpace(Route route) {
        List<Model> same = route.fallbacks().stream()
                .filter(model -> model.upstreamName().equals(route.model().upstreamName())).toList();
        return new Route(route.model(), route.tier(), same, route.baseline(), route.dropped());
    }

    private Decision choose(Exchange exchange, Bounds bounds, Optional<Conversation> conversation,
            Optional<Remembered> remembered) {
        Predicate<String> allowed = allowed(exchange);
        List<Dropped> dropped = new ArrayList<>();
        List<Tier> open = new ArrayList<>();
        Optional<Model> slow = Optional.empty();
        for (Tier tier : routing.tiers()) {
            Model model = models.get(tier.model());
            if (!allowed.test(model.name())) {
                dropped.add(new Dropped(tier.name(), model.name(), "the key may not use it"));
            } else if (bounds.tooSlow(model)) {
                dropped.add(new Dropped(tier.name(), model.name(), bounds.breach(model)));
                slow = Optional.of(model);
            } else {
                open.add(tier);
            }
        }
        if (open.isEmpty()) {
            return new Decision.Refused(slow.map(bounds::refusal)
                    .orElseGet(() -> forbidden("This key may not use the model of any tier.")));
        }
        int matching = matching(open, priority(exchange), exchange.complexity());
        Tier tier = fitting(open, matching, bounds, dropped);
        if (tier == null) {
            return new Decision.Refused(bounds.refusal(closest(open, bounds)));
        }
        Optional<Stay> stay = remembered.map(had -> weigh(had, tier, conversation.orElseThrow(), open, bounds));
        Tier given = stay.filter(Stay::kept).flatMap(kept -> tierOf(kept.before(), open)).orElse(tier);
        Model model = models.get(given.model());
        Route route = new Route(model, Optional.of(given.name()),
                usable(fallbacks.get(model.name()), allowed, bounds), baseline, List.copyOf(dropped));
        return new Decision.Routed(route, stay);
    }

    /** Whether a conversation keeps its model, or goes where this turn alone would. */
    private Stay weigh(Remembered had, Tier alone, Conversation conversation, List<Tier> open, Bounds bounds) {
        Model before = models.get(had.model());
        Model other = models.get(alone.model());
        Money saving = bounds.typical(before).minus(bounds.typical(other));
        Money discount = bounds.discount(before, conversation.repeatedTokens());
        Optional<Tier> tier = tierOf(before, open).filter(same -> bounds.fits(before));
        boolean kept;
        String reason;
        if (before == other) {
            kept = true;
            reason = "this turn alone would have the same model";
        } else if (tier.isEmpty()) {
            kept = false;
            reason = "the conversation's model may not or cannot serve this turn";
        } else if (open.indexOf(alone) < open.indexOf(tier.get())) {
            kept = false;
            reason = "this turn asks for a higher tier";
        } else if (had.moved()) {
            kept = true;
            reason = "the conversation has changed its model before and does not go down again";
        } else if (saving.compareTo(discount) > 0) {
            kept = false;
            reason = "the saving exceeds the prompt-cache discount that is lost";
        } else {
            kept = true;
            reason = "the saving does not exceed the prompt-cache discount that would be lost";
        }
        return new Stay(before, other, kept, had.moved() || !kept, saving, discount, reason);
    }

    private static Optional<Tier> tierOf(Model model, List<Tier> tiers) {
        return tiers.stream().filter(tier -> tier.model().equals(model.name())).findFirst();
    }

    /** A key that may ask for a choice by its name may use whatever is chosen. */
    private static Predicate<String> allowed(Exchange exchange) {
        Caller caller = exchange.caller();
        return caller.mayUse(exchange.request().model()) ? model -> true : caller::mayUse;
    }

    private static int matching(List<Tier> tiers, Priority priority, Complexity complexity) {
        double score = complexity == null ? 0 : complexity.score();
        for (int i = 0; i < tiers.size(); i++) {
            if (tiers.get(i).matches(priority, score)) {
                return i;
            }
        }
        return tiers.size() - 1;
    }

    /** The matching tier if it fits, else the one that takes its place; null where none fits. */
    private Tier fitting(List<Tier> tiers, int matching, Bounds bounds, List<Dropped> dropped) {
        for (Tier tier : inOrderOfTrial(tiers, matching, bounds)) {
            Model model = models.get(tier.model());
            if (bounds.fits(model)) {
                return tier;
            }
            dropped.add(new Dropped(tier.name(), model.name(), bounds.breach(model)));
        }
        return null;
    }

    private List<Tier> inOrderOfTrial(List<Tier> tiers, int matching, Bounds bounds) {
        Tier wanted = tiers.get(matching);
        List<Tier> order = new ArrayList<>(tiers.size());
        order.add(wanted);
        if (bounds.fits(models.get(wanted.model()))) {
            return order;
        }
        order.addAll(tiers.subList(matching + 1, tiers.size()));
        for (int i = matching - 1; i >= 0; i--) {
            order.add(tiers.get(i));
        }
        if (bounds.tooDear(models.get(wanted.model()))) {
            order.subList(1, order.size())
                    .sort(Comparator.comparing(tier -> bounds.estimate(models.get(tier.model()))));
        }
        return order;
    }

    /** Of models none of which fits, the one whose reason tells the client most: what would help? */
    private Model closest(List<Tier> tiers, Bounds bounds) {
        List<Model> tried = tiers.stream().map(tier -> models.get(tier.model())).toList();
        return tried.stream().filter(model -> !bounds.tooSmall(model)).min(Comparator.comparing(bounds::estimate))
                .orElseGet(() -> tried.stream().max(Comparator.comparingLong(Model::contextWindow)).orElseThrow());
    }

    private static List<Model> usable(List<Model> fallbacks, Predicate<String> allowed, Bounds bounds) {
        for (Model fallback : fallbacks) {
            if (!allowed.test(fallback.name()) || !bounds.fits(fallback)) {
                return fallbacks.stream().filter(model -> allowed.test(model.name()) && bounds.fits(model)).toList();
            }
        }
        return fallbacks;
    }

    private Bounds bounds(Exchange exchange) {
        return new Bounds(exchange.request(), exchange.wishes(), latencies, defaultMaxTokens);
    }

    private static Refusal forbidden(String message) {
        return new Refusal(403, "permission_error", Optional.of("model_not_allowed"), Optional.of("model"), message,
                OptionalLong.empty(), Receipt.NONE);
    }
}
