package dev.sluice;

/** How a model's answer ended. */
public enum Finish {
    /** By itself, or with calls of tools: there is nothing more to say. */
    COMPLETE,
    /** At the output bound. */
    AT_BOUND,
    /** Held back, paused, failed, or we do not know. */
    OTHER;

    /**
     * Whether such an answer may stand for the next one.
     *
     * @param boundCounts false where the bound was the gateway's own: what it cut off is not whole; what ended by itself
     *        below it is
     */
    public boolean isWhole(boolean boundCounts) {
        return this == COMPLETE || this == AT_BOUND && boundCounts;
    }

    /** Of an answer in several parts, each of which ended in its way. */
    public Finish and(Finish other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
