package dev.sluice.cache;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A vector quantised to eight bits, as Redis keeps it: version 1 | length of the identity 1 | identity | a byte for
 * each component, in 127ths of the largest. What the largest was does not matter: a cosine knows directions only.
 */
final class SmallVector {
    private static final byte VERSION = 1;
    private static final int HEAD = 2;
    private static final float STEPS = Byte.MAX_VALUE;

    private final byte[] bytes;
    private final int from;

    private SmallVector(byte[] bytes, int from) {
        this.bytes = bytes;
        this.from = from;
    }

    static byte[] write(String identity, float[] vector) {
        byte[] name = identity.getBytes(StandardCharsets.US_ASCII);
        float largest = 0;
        for (float x : vector) {
            largest = Math.max(largest, Math.abs(x));
        }
        ByteBuffer out = ByteBuffer.allocate(HEAD + name.length + vector.length);
        out.put(VERSION).put((byte) name.length).put(name);
        for (float x : vector) {
            out.put((byte) Math.round(x / largest * STEPS));
        }
        return out.array();
    }

    /** Null where these bytes are none. */
    static SmallVector read(byte[] bytes) {
        if (bytes.length < HEAD || bytes[0] != VERSION || bytes[1] < 0 || bytes.length < HEAD + bytes[1]) {
            return null;
        }
        return new SmallVector(bytes, HEAD + bytes[1]);
    }

    String identity() {
        return new String(bytes, HEAD, bytes[1], StandardCharsets.US_ASCII);
    }

    int dimensions() {
        return bytes.length - from;
    }

    /** @param unit of length one and as many dimensions */
    double cosine(float[] unit) {
        float product = 0;
        int squares = 0;
        for (int i = 0; i < unit.length; i++) {
            int x = bytes[from + i];
            product += x * unit[i];
            squares += x * x;
        }
        return squares == 0 ? 0 : Math.max(-1, Math.min(1, product / Math.sqrt(squares)));
    }
}
