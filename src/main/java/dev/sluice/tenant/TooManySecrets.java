package dev.sluice.tenant;

/** A rotation would leave a key with more secrets that work than a record should hold. The message is one sentence. */
public final class TooManySecrets extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooManySecrets(String key) {
        super("The key `" + key + "` has " + ApiKey.MAX_SECRETS + " secrets that still work already; rotate it with an"
                + " `overlap_seconds` of 0 or wait until one of them has ended.", null, false, false);
    }
}
