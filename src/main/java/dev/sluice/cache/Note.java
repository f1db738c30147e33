package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Model;

/**
 * That an entry was stored or hit, to be told to the indexes.
 *
 * @param requestId the request that did it
 * @param key whose request it was
 * @param asked identity of what that request asked; another than that of the entry where it was asked in other words, empty
 *            where it is of no matter
 * @param nanos when, by this replica's {@link System#nanoTime()}
 * @param ttlMicros how long the entry may live from then on
 * @param bytes what it takes in Redis; 0: it was hit, not stored
 */
record Note(Scope scope, String identity, String requestId, String tenant, String key, String asked, String model,
        long nanos, long ttlMicros, int bytes) {

    static Note hit(Scope scope, Identity identity, Exchange exchange, Model model) {
        return stored(scope, identity, exchange, model, 0, 0);
    }

    static Note stored(Scope scope, Identity identity, Exchange exchange, Model model, long ttlMicros, int bytes) {
        return new Note(scope, identity.value(), exchange.id(), exchange.caller().tenant(), exchange.caller().key(),
                exchange.sharing().identity().orElse(""), model.name(), System.nanoTime(), ttlMicros, bytes);
    }

    /** One of several of a request. */
    Note as(String partOfRequest) {
        return new Note(scope, identity, partOfRequest, tenant, key, asked, model, nanos, ttlMicros, bytes);
    }

    boolean isStore() {
        return bytes > 0;
    }
}
