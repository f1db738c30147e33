package dev.sluice.limit;

import dev.sluice.Quota;
import dev.sluice.RateLimits;
import dev.sluice.RateLimits.Bucket;
import java.util.Optional;

/**
 * What is used of the buckets of a scope, in sixty-thousandths of a request or token, as the scripts count.
 *
 * @param atMillis by the replica's monotonic clock, when Redis said so
 */
record Levels(long requests, long tokens, long atMillis) {

    static final long PER_UNIT = 60_000;

    /**
     * What a client is told.
     *
     * @param givenBack tokens that were reserved and not used
     */
    RateLimits limits(Quota quota, long nowMillis, long givenBack) {
        return new RateLimits(
                bucket(quota.requestsPerMinute(), quota.burst(), requests, nowMillis, 0),
                bucket(quota.tokensPerMinute(), quota.tokensPerMinute(), tokens, nowMillis, givenBack));
    }

    private Optional<Bucket> bucket(long perMinute, long capacity, long level, long nowMillis, long givenBack) {
        if (perMinute == 0) {
            return Optional.empty();
        }
        long used = Math.max(0, level - perMinute * Math.max(0, nowMillis - atMillis));
        used = Math.max(0, used - givenBack * PER_UNIT);
        long remaining = Math.max(0, (capacity * PER_UNIT - used) / PER_UNIT);
        return Optional.of(new Bucket(perMinute, remaining, (used + perMinute - 1) / perMinute));
    }
}
