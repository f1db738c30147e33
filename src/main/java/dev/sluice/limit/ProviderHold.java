package dev.sluice.limit;

import dev.sluice.Money;
import dev.sluice.Usage;

/** What one call holds of its provider's requests and tokens a minute. */
record ProviderHold(ProviderGate.Limited provider, String id, long tokens, long redisMillis, long grantedAtMillis) {

    /**
     * Gives back what was not used.
     *
     * @param sent whether the provider was called
     * @param used tokens to charge
     */
    void settle(LimitStore store, boolean sent, long used, long nowMillis) {
        long now = redisMillis + nowMillis - grantedAtMillis;
        store.settle(provider.holder(), id, new Settlement(true, !sent, used, Money.ZERO, Money.ZERO, redisMillis, now,
                "-", 0, 0, Usage.NONE, Money.ZERO));
        provider.queue().poke();
    }
}
