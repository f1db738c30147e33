package dev.sluice;

import java.util.Optional;

/** What the cache did for a request; rendered as RFC 9211's {@code Cache-Status} and {@code Age}. */
public sealed interface CacheStatus {

    /** The very same request was answered before. Seconds. */
    record ExactHit(long ttlSeconds, long ageSeconds) implements CacheStatus {}

    /**
     * A request with the same meaning was answered before. Seconds.
     *
     * @param entry names the stored answer, for the cache alone
     */
    record SemanticHit(Nearest nearest, String entry, long ttlSeconds, long ageSeconds) implements CacheStatus {}

    /**
     * A stored question that was compared with the one asked.
     *
     * @param similarity a cosine
     * @param same whether it was taken for the same
     * @param verdict what decided, one of a small set of words
     */
    record Nearest(double similarity, boolean same, String verdict) {}

    /**
     * A provider was asked; whether its answer was kept.
     *
     * @param nearest the stored question that came nearest and was not the same; empty where none was near
     */
    record Miss(boolean stored, Optional<Nearest> nearest) implements CacheStatus {

        public Miss(boolean stored) {
            this(stored, Optional.empty());
        }
    }

    /** This very request, by its {@code Idempotency-Key}, was answered before. */
    record Replayed() implements CacheStatus {}

    /** Some of the things asked for at once were answered before; a provider was asked for the rest. */
    record Partial(int hits, int total, boolean stored) implements CacheStatus {}

    /** An identical request in flight was joined and its answer shared. */
    record Collapsed() implements CacheStatus {}

    /** The cache took no part. */
    record Bypass() implements CacheStatus {}
}
