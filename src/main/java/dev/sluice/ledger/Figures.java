package dev.sluice.ledger;

import dev.sluice.Receipt;

/** Counts of one row of the accounts, added up. Not safe for several threads. */
final class Figures {
    private final long[] counts = new long[Metric.COUNT];

    /**
     * What one request adds. The tokens of a hit are not counted: nobody produced them, and nobody pays them; what they
     * would have cost is in the savings.
     */
    static Figures of(Receipt receipt, Outcome outcome) {
        Figures figures = new Figures();
        figures.add(Metric.REQUESTS, 1);
        boolean success = outcome == Outcome.SUCCESS;
        if (!success) {
            figures.add(Metric.FAILURES, 1);
        }
        Metric hit = CacheUse.of(receipt).hit();
        if (hit == null) {
            figures.add(Metric.INPUT_TOKENS, receipt.usage().inputTokens());
            figures.add(Metric.CACHED_INPUT_TOKENS, receipt.usage().cachedInputTokens());
            figures.add(Metric.OUTPUT_TOKENS, receipt.usage().outputTokens());
        } else if (success) {
            figures.add(hit, 1);
        }
        figures.add(Metric.COST_NANOS, receipt.cost().nanos());
        figures.add(Metric.SAVED_CACHE_NANOS, receipt.savedByCache().nanos());
        figures.add(Metric.SAVED_ROUTING_NANOS, receipt.savedByRouting().nanos());
        return figures;
    }

    /** What the cache spared of a request whose settlement has booked the rest. */
    static Figures spared(Receipt receipt) {
        Figures figures = new Figures();
        figures.add(Metric.SAVED_CACHE_NANOS, receipt.savedByCache().nanos());
        return figures;
    }

    /** A request that ended without a reply. */
    static Figures failure() {
        Figures figures = new Figures();
        figures.add(Metric.REQUESTS, 1);
        figures.add(Metric.FAILURES, 1);
        return figures;
    }

    long get(Metric metric) {
        return counts[metric.ordinal()];
    }

    void add(Metric metric, long amount) {
        counts[metric.ordinal()] = Math.addExact(counts[metric.ordinal()], amount);
    }

    void add(Figures others) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = Math.addExact(counts[i], others.counts[i]);
        }
    }
}
