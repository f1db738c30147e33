package dev.sluice.cache;

import dev.sluice.config.Secret;
import dev.sluice.config.Settings;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What tells our entries from those of anybody else who can write to Redis: an HMAC-SHA-256 (RFC 2104) over the identity,
 * the scope and the entry's bytes, its expiry among them. Without a secret there is none.
 */
final class Seal {
    static final int LENGTH = 32;
    static final Seal NONE = new Seal(Optional.empty(), Optional.empty());
    private static final String ALGORITHM = "HmacSHA256";

    private final Mac current;
    private final Mac previous;

    /** @param previous what was current before, so that a new secret costs no entry */
    Seal(Optional<Secret> current, Optional<Secret> previous) {
        this.current = current.map(Seal::keyed).orElse(null);
        this.previous = previous.map(Seal::keyed).orElse(null);
    }

    static Seal of(Settings.Cache settings) {
        return new Seal(settings.hmacSecret(), settings.previousHmacSecret());
    }

    private static Mac keyed(Secret secret) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret.value().getBytes(StandardCharsets.UTF_8), ALGORITHM));
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("Every JDK has " + ALGORITHM + ".", e);
        }
    }

    /** Whether entries without a seal are no entries. */
    boolean required() {
        return current != null;
    }

    byte[] of(byte[] bytes, int from, int to, Identity identity, Scope scope) {
        return seal(current, bytes, from, to, identity, scope);
    }

    /** Whether the bytes from {@code to} on are the seal of those before. */
    boolean isOn(byte[] bytes, int from, int to, Identity identity, Scope scope) {
        return isOf(current, bytes, from, to, identity, scope)
                || previous != null && isOf(previous, bytes, from, to, identity, scope);
    }

    private static boolean isOf(Mac secret, byte[] bytes, int from, int to, Identity identity, Scope scope) {
        byte[] found = new byte[LENGTH];
        System.arraycopy(bytes, to, found, 0, LENGTH);
        return MessageDigest.isEqual(seal(secret, bytes, from, to, identity, scope), found);
    }

    private static byte[] seal(Mac secret, byte[] bytes, int from, int to, Identity identity, Scope scope) {
        try {
            Mac mac = (Mac) secret.clone(); // a Mac is for one thread at a time
            // Neither an identity nor a scope holds a line feed: no two triples give the same bytes.
            mac.update((identity.value() + "\n" + scope + "\n").getBytes(StandardCharsets.UTF_8));
            mac.update(bytes, from, to - from);
            return mac.doFinal();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("The JDK's own " + ALGORITHM + " can be copied.", e);
        }
    }
}
