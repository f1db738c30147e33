package dev.sluice;

/** What the cache did for a request; rendered as RFC 9211's {@code Cache-Status} and {@code Age}. */
public sealed interface CacheStatus {

    /** The very same request was answered before. Seconds. */
    record ExactHit(long ttlSeconds, long ageSeconds) implements CacheStatus {}

    /** A request with the same meaning was answered before; similarity is a cosine. Seconds. */
    record SemanticHit(double similarity, long ttlSeconds, long ageSeconds) implements CacheStatus {}

    /** A provider was asked; whether its answer was kept. */
    record Miss(boolean stored) implements CacheStatus {}

    /** This very request, by its {@code Idempotency-Key}, was answered before. */
    record Replayed() implements CacheStatus {}

    /** Some of the things asked for at once were answered before; a provider was asked for the rest. */
    record Partial(int hits, int total, boolean stored) implements CacheStatus {}

    /** An identical request in flight was joined and its answer shared. */
    record Collapsed() implements CacheStatus {}

    /** The cache took no part. */
    record Bypass() implements CacheStatus {}
}
