package dev.sluice.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script: one atomic decision. Every script of ours is safe to repeat, because a call that timed out may have
 * happened.
 */
public final class Script {
    private final String source;
    private final byte[] sha1;

    /**
     * @param source what Redis runs
     * @param sha1 how Redis names it once it has it
     */
    public Script(String source, String sha1) {
        this.source = source;
        this.sha1 = sha1.getBytes(StandardCharsets.US_ASCII);
    }

    public String source() {
        return source;
    }

    byte[] sha1() {
        return sha1;
    }

    /** The scripts {@code src/main/resources/lua/<name>.lua}, one after the other: the last may use what stands before. */
    public static Script named(String... names) {
        StringBuilder source = new StringBuilder();
        for (String name : names) {
            source.append(read(name));
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                    .digest(source.toString().getBytes(StandardCharsets.UTF_8));
            return new Script(source.toString(), HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-1.", e);
        }
    }

    private static String read(String name) {
        try (InputStream in = Script.class.getResourceAsStream("/lua/" + name + ".lua")) {
            if (in == null) {
                throw new IllegalArgumentException("There is no script lua/" + name + ".lua.");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
