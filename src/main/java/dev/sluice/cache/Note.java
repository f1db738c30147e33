package dev.sluice.cache;

/**
 * That an entry was stored or hit, to be told to the indexes.
 *
 * @param requestId the request that did it
 * @param nanos when, by this replica's {@link System#nanoTime()}
 * @param ttlMicros how long the entry may live from then on
 * @param bytes what it takes in Redis; 0: it was hit, not stored
 */
record Note(Scope scope, String identity, String requestId, String tenant, String model, long nanos, long ttlMicros,
        int bytes) {

    static Note hit(Scope scope, Identity identity, String requestId, String tenant, String model) {
        return new Note(scope, identity.value(), requestId, tenant, model, System.nanoTime(), 0, 0);
    }

    static Note stored(Scope scope, Identity identity, String requestId, String tenant, String model, long ttlMicros,
            int bytes) {
        return new Note(scope, identity.value(), requestId, tenant, model, System.nanoTime(), ttlMicros, bytes);
    }

    boolean isStore() {
        return bytes > 0;
    }
}
