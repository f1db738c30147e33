package dev.sluice.limit;

import dev.sluice.Quota;

/** What a quota holds for; the name is unique below its hash tag and becomes part of a key. */
record Scope(String name, Quota quota) {

    boolean unlimited() {
        return quota.requestsPerMinute() == 0 && quota.tokensPerMinute() == 0 && !quota.hasBudget();
    }
}
