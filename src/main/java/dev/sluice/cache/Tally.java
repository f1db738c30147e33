package dev.sluice.cache;

import java.util.Locale;

/** What is counted of the cache, over all replicas. */
enum Tally {
    EXACT_HITS, SEMANTIC_HITS, COALESCED, MISSES, BYPASSED, EVICTIONS, SAVED_NANOS;

    private final String field = name().toLowerCase(Locale.ROOT);

    /** Its name in Redis. */
    String field() {
        return field;
    }
}
