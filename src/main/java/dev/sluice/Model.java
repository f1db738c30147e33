package dev.sluice;

import java.util.List;
import java.util.Optional;

/**
 * A model that this gateway serves.
 *
 * @param name what clients call it
 * @param provider name of the provider that serves it
 * @param upstreamName what that provider calls it
 * @param price empty: unknown, the model is then refused to keys with a money budget and costs nothing in the accounts
 * @param latencyMs typical milliseconds until an answer, as configured
 * @param contextWindow tokens of prompt and answer together; 0: unknown, never a reason to refuse
 * @param fallbacks names of the models to try, in order, when this one fails
 */
public record Model(String name, String provider, String upstreamName, Optional<Price> price, long latencyMs,
        long contextWindow, List<String> fallbacks) {

    /** What this usage costs on this model; {@link Money#ZERO} where no price is known. */
    public Money cost(Usage usage) {
        return price.map(p -> p.cost(usage)).orElse(Money.ZERO);
    }
}
