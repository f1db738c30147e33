package dev.sluice.redis;

/** Redis did not answer in time, or not at all; a write may or may not have happened. The message is one sentence. */
public final class StoreUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1;

    public StoreUnavailable(String message) {
        super(message, null, false, false);
    }
}
