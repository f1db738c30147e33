package dev.sluice.cache;

import dev.sluice.CacheStatus.Nearest;
import java.util.Optional;

/**
 * What the cache would do for a request.
 *
 * @param lookup {@code exact} or {@code semantic}: what would answer; {@code miss}: nothing; {@code bypass}: not asked
 * @param nearest the stored question that came nearest, where the words are not the same
 */
public record CachePreview(String lookup, Optional<Nearest> nearest) {
    static CachePreview of(String lookup) {
        return new CachePreview(lookup, Optional.empty());
    }
}
