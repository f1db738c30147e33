package dev.sluice;

import java.util.List;
import java.util.Optional;

/**
 * Which model is to answer, and why.
 *
 * @param model the model chosen
 * @param tier name of the tier that matched; empty where the client named the model itself
 * @param fallbacks models to try in order when {@code model} fails
 * @param baseline what the request would have been served by without routing; empty where the client named the model
 * @param dropped tiers that were passed over
 */
public record Route(Model model, Optional<String> tier, List<Model> fallbacks, Optional<Model> baseline,
        List<Dropped> dropped) {

    /** A tier that would have matched, or was tried instead, but did not fit; the reason is a clause in words. */
    public record Dropped(String tier, String model, String reason) {}

    /** How much less a routed answer cost than the baseline model's would have, at the same tokens; may be negative. */
    public Money saved(Usage usage, Money cost) {
        return baseline.map(b -> b.cost(usage).minus(cost)).orElse(Money.ZERO);
    }
}
