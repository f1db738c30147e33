package dev.sluice.redis;

/** Redis did not answer in time, or not at all; a write may or may not have happened. The message is one sentence. */
public final class StoreUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean refused;

    public StoreUnavailable(String message) {
        this(message, false);
    }

    /** @param refused whether Redis is there, and refuses to write for the time being */
    StoreUnavailable(String message, boolean refused) {
        super(message, null, false, false);
        this.refused = refused;
    }

    /** Whether Redis is there and still answers what it is asked, but writes nothing for the time being. */
    public boolean refused() {
        return refused;
    }
}
