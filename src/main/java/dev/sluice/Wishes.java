package dev.sluice;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a client asks of the gateway itself, by header. Wishes narrow what may happen; none of them raises a right.
 *
 * @param priority as asked for, not yet bounded by the key's own
 * @param cache how much of the cache may be used
 * @param threshold the least similarity of a semantic hit, 0..1; counts only where it is above the configured one
 * @param maxCost the most that this request may cost
 * @param maxLatencyMs models that are slower than this are not chosen
 * @param idempotencyKey what the client calls this request: under the same name it is answered once
 * @param patient whether a rate that is used up is waited for, so that the same request comes again
 * @param replayDelay pause before each event of a stream that comes from the cache
 */
public record Wishes(Optional<Priority> priority, CacheWish cache, OptionalDouble threshold, Optional<Money> maxCost,
        OptionalLong maxLatencyMs, Optional<String> idempotencyKey, boolean patient,
        Duration replayDelay) {

    public static final Wishes NONE = new Wishes(Optional.empty(), CacheWish.DEFAULT, OptionalDouble.empty(),
            Optional.empty(), OptionalLong.empty());

    /** Of a client that gives its request no name, and takes a refusal for the end. */
    public Wishes(Optional<Priority> priority, CacheWish cache, OptionalDouble threshold, Optional<Money> maxCost,
            OptionalLong maxLatencyMs) {
        this(priority, cache, threshold, maxCost, maxLatencyMs, Optional.empty(), false, Duration.ZERO);
    }

    /** For one of many requests that come together: a name of all of them is the name of none. */
    public Wishes patiently() {
        return new Wishes(priority, cache, threshold, maxCost, maxLatencyMs, Optional.empty(), true, replayDelay);
    }

    public Wishes replayedAfter(Duration pause) {
        return new Wishes(priority, cache, threshold, maxCost, maxLatencyMs, idempotencyKey, patient, pause);
    }

    /** Which look-ups a client allows ({@code x-sluice-cache}). */
    public enum Lookup {
        OFF, EXACT, SEMANTIC
    }

    /**
     * {@code x-sluice-cache} and the request directives of RFC 9111 that we obey.
     *
     * @param lookup which look-ups are allowed; OFF neither reads nor stores
     * @param noCache do not answer from the cache, but store the new answer
     * @param noStore do not store the answer
     * @param maxAgeSeconds an answer older than this is a miss
     * @param onlyIfCached a miss is answered with 504 instead of a call
     */
    public record CacheWish(Lookup lookup, boolean noCache, boolean noStore, OptionalLong maxAgeSeconds,
            boolean onlyIfCached) {
        public static final CacheWish DEFAULT = new CacheWish(Lookup.SEMANTIC, false, false, OptionalLong.empty(),
                false);
    }
}
