package dev.sluice.ledger;

import dev.sluice.CacheStatus;
import dev.sluice.Receipt;
import java.util.Locale;

/** What the cache did for a request, as the meters and the accounts name it. */
enum CacheUse {
    EXACT(Metric.HITS_EXACT), SEMANTIC(Metric.HITS_SEMANTIC), COALESCED(Metric.HITS_COALESCED), MISS(null),
    BYPASS(null);

    private final Metric hit;
    private final String label = name().toLowerCase(Locale.ROOT);

    CacheUse(Metric hit) {
        this.hit = hit;
    }

    static CacheUse of(Receipt receipt) {
        CacheStatus status = receipt.cache().orElse(null);
        if (status instanceof CacheStatus.ExactHit || status instanceof CacheStatus.Replayed) {
            return EXACT;
        }
        if (status instanceof CacheStatus.SemanticHit) {
            return SEMANTIC;
        }
        if (status instanceof CacheStatus.Collapsed) {
            return COALESCED;
        }
        return status instanceof CacheStatus.Miss || status instanceof CacheStatus.Partial ? MISS : BYPASS;
    }

    /** Where a hit is counted; null for what is none. */
    Metric hit() {
        return hit;
    }

    String label() {
        return label;
    }
}
