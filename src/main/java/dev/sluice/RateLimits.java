package dev.sluice;

import java.util.Optional;

/** What is left of the caller's rates; empty where a rate is not limited. */
public record RateLimits(Optional<Bucket> requests, Optional<Bucket> tokens) {

    /**
     * @param limit the per-minute value
     * @param remaining whole units left now, at least 0
     * @param resetMillis until the bucket is full again
     */
    public record Bucket(long limit, long remaining, long resetMillis) {}
}
