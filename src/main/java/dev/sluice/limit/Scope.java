package dev.sluice.limit;

import dev.sluice.Quota;

/** What a quota holds for; the name is unique below its hash tag and becomes part of a key. */
record Scope(String name, Quota quota) {

    boolean unlimited() {
        return quota.requestsPerMinute() == 0 && quota.tokensPerMinute() == 0 && !quota.hasBudget();
    }

    /** As the reserve script is told of it. */
    byte[] limits() {
        return Numbers.of(quota.requestsPerMinute(), Math.max(1, quota.burst()),
                Math.min(Demand.MOST_TOKENS, quota.tokensPerMinute()),
                Math.min(Tariff.MOST_NANOS, quota.budgetPerDay().nanos()),
                Math.min(Tariff.MOST_NANOS, quota.budgetPerMonth().nanos()));
    }
}
