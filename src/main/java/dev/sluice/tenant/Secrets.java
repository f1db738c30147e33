package dev.sluice.tenant;

import java.security.SecureRandom;
import java.util.Base64;

/** Secrets of keys that the admin API makes: {@code sk-sluice-} and 256 random bits. */
final class Secrets {
    private static final String PREFIX = "sk-sluice-";
    private static final int RANDOM_BYTES = 32;
    private static final int LENGTH = PREFIX.length() + (RANDOM_BYTES * 8 + 5) / 6;

    private Secrets() {
    }

    static String generate(SecureRandom random) {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Whether Redis could know this secret: what has another form is not worth the question. */
    static boolean plausible(String secret) {
        return secret.length() == LENGTH && secret.startsWith(PREFIX);
    }
}
