package dev.sluice.ledger;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** What the accounts count; the names are part of the field names in Redis. Money is in nano-dollars. */
enum Metric {
    REQUESTS, FAILURES, INPUT_TOKENS, CACHED_INPUT_TOKENS, OUTPUT_TOKENS, COST_NANOS, SAVED_CACHE_NANOS,
    SAVED_ROUTING_NANOS, HITS_EXACT, HITS_SEMANTIC, HITS_COALESCED;

    static final int COUNT = values().length;
    private static final Map<String, Metric> BY_FIELD = new HashMap<>();

    static {
        for (Metric metric : values()) {
            BY_FIELD.put(metric.field, metric);
        }
    }

    private final String field = name().toLowerCase(Locale.ROOT);

    String field() {
        return field;
    }

    /** Null for what this version does not know: a newer replica may count more. */
    static Metric of(String field) {
        return BY_FIELD.get(field);
    }
}
