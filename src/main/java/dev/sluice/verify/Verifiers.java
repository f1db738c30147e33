package dev.sluice.verify;

import dev.sluice.config.Settings.Verify;

/** The verifiers by the name of their severity. */
public final class Verifiers {
    /** The cosine that decides alone where nothing else is asked to. */
    public static final double PLAIN_THRESHOLD = .92;

    private Verifiers() {
    }

    public static Verifier of(Verify verify) {
        return switch (verify) {
            case OFF -> new CosineOnly(PLAIN_THRESHOLD);
            case BALANCED -> new SameWords(.88);
            case STRICT -> new SameWords(.92);
        };
    }
}
