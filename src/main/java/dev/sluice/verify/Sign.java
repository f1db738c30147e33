package dev.sluice.verify;

/** A way in which two questions may differ although their embeddings do not. */
interface Sign {
    Reason reason();

    /** Finds the same in both directions. */
    boolean seen(Pairing pairing);
}
