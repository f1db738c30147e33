package dev.sluice.verify;

import dev.sluice.config.Settings.Verify;

/**
 * The verifiers by the name of their severity. Their gates are for the cosines of all-MiniLM-L6-v2, set on banking77,
 * PAWS-X and MASSIVE; {@code src/eval} measures them on those and on others.
 */
public final class Verifiers {
    /** The cosine that decides alone where nothing else is asked to. */
    public static final double PLAIN_THRESHOLD = .92;

    private static final double NEVER = 2;

    private Verifiers() {
    }

    public static Verifier of(Verify verify) {
        return of(verify, PLAIN_THRESHOLD);
    }

    /** @param threshold what decides where nothing is verified */
    public static Verifier of(Verify verify, double threshold) {
        return switch (verify) {
            case OFF -> new CosineOnly(threshold);
            case BALANCED -> new SignVerifier(
                    new Gates(new double[]{ NEVER, .94, .92, .87, .84},
                            new double[]{ NEVER, NEVER, NEVER, .895, .895, NEVER},
                            new double[]{ NEVER, NEVER, .92, .89, .875}, .02, .02, new double[]{ .89, .86, .84}, 2),
                    new Gates(new double[]{ NEVER, .97, .88}, new double[]{ NEVER},
                            new double[]{ NEVER, NEVER, NEVER, .95},
                            0, NEVER, new double[]{ .95, NEVER}, 3),
                    .95);
            case STRICT -> new SignVerifier(
                    new Gates(new double[]{ NEVER, .98, .93, .91, .90},
                            new double[]{ NEVER, NEVER, NEVER, .95, .95, NEVER},
                            new double[]{ NEVER, NEVER, NEVER, .95}, .03, NEVER, new double[]{ .95, .92, .90}, 2),
                    new Gates(new double[]{ NEVER, .98, .93, .88}, new double[]{ NEVER}, new double[]{ NEVER}, 0, NEVER,
                            new double[]{ NEVER}, 3),
                    .97);
        };
    }
}
