package dev.sluice;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How a reply came to be: what the response headers, the meters and the accounts show. Immutable; each stage adds what it
 * knows on the way back.
 *
 * @param model the model that served; empty where none did
 * @param tier name of the tier that was chosen; empty where the client named the model
 * @param complexity 0..1; empty where it was not scored
 * @param attempts calls made to providers for this request
 * @param usage tokens of the answer; on a hit those of the stored answer, which nobody pays
 * @param cost what this request costs the caller
 * @param savedByCache what it would have cost without the cache
 * @param savedByRouting how much less it cost than the baseline model would have, at the same tokens
 * @param cache what the cache did; empty where it was not asked
 * @param rateLimits what is left of the caller's rates; empty where they were not asked
 * @param maybeBilled whether a provider may bill an attempt whose usage nobody told us
 * @param cutShort whether the gateway itself set or lowered the output bound, so that the answer may end too early
 * @param booked whether the accounts hold this request already, written together with its settlement
 * @param upstreamNanos time spent waiting for providers, retries and their pauses included
 */
public record Receipt(Optional<Model> model, Optional<String> tier, OptionalDouble complexity, int attempts,
        Usage usage, Money cost, Money savedByCache, Money savedByRouting, Optional<CacheStatus> cache,
        Optional<RateLimits> rateLimits, boolean maybeBilled, boolean cutShort, boolean booked, long upstreamNanos) {

    public static final Receipt NONE = new Receipt(Optional.empty(), Optional.empty(), OptionalDouble.empty(), 0,
            Usage.NONE, Money.ZERO, Money.ZERO, Money.ZERO, Optional.empty(), Optional.empty(), false, false, false, 0);

    public static Receipt servedBy(Model model, int attempts, Usage usage, long upstreamNanos) {
        return new Receipt(Optional.of(model), Optional.empty(), OptionalDouble.empty(), attempts, usage,
                model.cost(usage), Money.ZERO, Money.ZERO, Optional.empty(), Optional.empty(), false, false, false,
                upstreamNanos);
    }

    /** For a reply without an answer: calls were made in vain. */
    public static Receipt failed(int attempts, boolean maybeBilled, long upstreamNanos) {
        return new Receipt(Optional.empty(), Optional.empty(), OptionalDouble.empty(), attempts, Usage.NONE, Money.ZERO,
                Money.ZERO, Money.ZERO, Optional.empty(), Optional.empty(), maybeBilled, false, false, upstreamNanos);
    }

    public static Receipt fromCache(Model model, Usage usage, CacheStatus status) {
        return new Receipt(Optional.of(model), Optional.empty(), OptionalDouble.empty(), 0, usage, Money.ZERO,
                model.cost(usage), Money.ZERO, Optional.of(status), Optional.empty(), false, false, false, 0);
    }

    /** Whether it costs nothing, because another request has paid for the answer, or pays for it while it is told. */
    public boolean isFree() {
        return cache.filter(status -> status instanceof CacheStatus.ExactHit
                || status instanceof CacheStatus.SemanticHit || status instanceof CacheStatus.Replayed
                || status instanceof CacheStatus.Collapsed).isPresent();
    }

    /** Adds what was spent in vain on other models or tries before this reply. */
    public Receipt after(Receipt earlier) {
        return new Receipt(model, tier, complexity, attempts + earlier.attempts, usage, cost, savedByCache,
                savedByRouting, cache, rateLimits, maybeBilled || earlier.maybeBilled, cutShort, booked,
                upstreamNanos + earlier.upstreamNanos);
    }

    public Receipt routed(Optional<String> tierName, OptionalDouble score, Money saved) {
        return new Receipt(model, tierName, score, attempts, usage, cost, savedByCache, saved, cache, rateLimits,
                maybeBilled, cutShort, booked, upstreamNanos);
    }

    /** Adds what the cache spared of a request that a provider was asked for nevertheless. */
    public Receipt sparing(Money spared) {
        return new Receipt(model, tier, complexity, attempts, usage, cost, savedByCache.plus(spared), savedByRouting,
                cache, rateLimits, maybeBilled, cutShort, booked, upstreamNanos);
    }

    public Receipt with(CacheStatus status) {
        return new Receipt(model, tier, complexity, attempts, usage, cost, savedByCache, savedByRouting,
                Optional.of(status), rateLimits, maybeBilled, cutShort, booked, upstreamNanos);
    }

    public Receipt with(RateLimits limits) {
        return new Receipt(model, tier, complexity, attempts, usage, cost, savedByCache, savedByRouting, cache,
                Optional.of(limits), maybeBilled, cutShort, booked, upstreamNanos);
    }

    /** Adds what the caller is charged for calls that a provider may bill without having told their usage. */
    public Receipt charged(Money unsettled) {
        return new Receipt(model, tier, complexity, attempts, usage, cost.plus(unsettled), savedByCache, savedByRouting,
                cache, rateLimits, maybeBilled, cutShort, booked, upstreamNanos);
    }

    public Receipt asCutShort() {
        return new Receipt(model, tier, complexity, attempts, usage, cost, savedByCache, savedByRouting, cache,
                rateLimits, maybeBilled, true, booked, upstreamNanos);
    }

    /** The accounts hold this request. */
    public Receipt asBooked() {
        return new Receipt(model, tier, complexity, attempts, usage, cost, savedByCache, savedByRouting, cache,
                rateLimits, maybeBilled, cutShort, true, upstreamNanos);
    }
}
