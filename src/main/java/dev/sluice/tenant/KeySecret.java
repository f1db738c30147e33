package dev.sluice.tenant;

/**
 * One of the secrets of a key.
 *
 * @param endsAt when it stops working, ms since the epoch by Redis' clock; {@link #NEVER}: it is the current one
 */
record KeySecret(SecretHash hash, long endsAt) {
    static final long NEVER = Long.MAX_VALUE;

    KeySecret endingBy(long millis) {
        return new KeySecret(hash, Math.min(endsAt, millis));
    }

    boolean endedBy(long now) {
        return endsAt <= now;
    }
}
