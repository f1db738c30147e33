package dev.sluice.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** A value that must not be shown: it prints as stars and is compared in constant time. */
public record Secret(String value) {
    static final String STARS = "***";

    /** Whether this is what the other side sent; takes as long for a near miss as for a far one. */
    public boolean matches(String presented) {
        return MessageDigest.isEqual(value.getBytes(StandardCharsets.UTF_8),
                presented.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return STARS;
    }
}
