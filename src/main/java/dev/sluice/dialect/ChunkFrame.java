package dev.sluice.dialect;

import dev.sluice.json.Escapes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the chunks of one stream have in common: every byte but those of a few strings. A chunk that fits says what the one
 * before it said, in other words, and needs no parser. Learned from a chunk that was parsed; what it does not know for
 * sure does not fit.
 */
final class ChunkFrame {
    private static final int MOST_STRINGS = 8;
    private static final int HEX = 16;

    private byte[] like;
    private int length;
    /** Where the strings stand in the chunk it was learned from: start and end of each, without quotes. */
    private final int[] strings = new int[2 * MOST_STRINGS];
    private final boolean[] told = new boolean[MOST_STRINGS];
    private int count;
    private int modelStart;
    private int modelEnd;
    private boolean known;
    // of the chunk that fits
    private byte[] bytes;
    private final int[] found = new int[2 * MOST_STRINGS];
    private int modelFound;

    /** Forgets what it knew; strings are to be named next, in their order. */
    void begin() {
        known = false;
        count = 0;
    }

    /**
     * Names a string that may differ.
     *
     * @param start of its quote, in the data of the chunk
     * @param told whether the model generated it
     */
    void string(int start, int end, boolean told) {
        if (count < MOST_STRINGS) {
            strings[2 * count] = start + 1;
            strings[2 * count + 1] = end - 1;
            this.told[count] = told;
        }
        count++;
    }

    /**
     * Knows the frame now.
     *
     * @param modelStart of the model's name; negative: there is none
     */
    void learn(byte[] bytes, int from, int to, int modelStart, int modelEnd) {
        this.modelStart = modelStart;
        this.modelEnd = modelEnd;
        known = count <= MOST_STRINGS;
        length = to - from;
        if (known) {
            if (like == null || like.length < length) {
                like = new byte[length];
            }
            System.arraycopy(bytes, from, like, 0, length);
        }
    }

    /** Whether this chunk differs from the one that was learned in nothing but those strings. */
    boolean fits(byte[] data, int from, int to) {
        if (!known) {
            return false;
        }
        bytes = data;
        int at = from;
        int expected = 0;
        modelFound = from + modelStart;
        for (int i = 0; i < count; i++) {
            int same = strings[2 * i] - expected;
            if (at + same > to || !Arrays.equals(data, at, at + same, like, expected, expected + same)) {
                return false;
            }
            at += same;
            int end = stringEnd(data, at, to);
            if (end < 0) {
                return false;
            }
            found[2 * i] = at;
            found[2 * i + 1] = end;
            at = end;
            expected = strings[2 * i + 1];
            if (modelStart > expected) {
                modelFound = at + modelStart - expected;
            }
        }
        modelFound -= from;
        return Arrays.equals(data, at, to, like, expected, length);
    }

    /** Where the next quote stands; negative if what comes before it is not certainly a string's content. */
    private static int stringEnd(byte[] data, int from, int to) {
        int i = from;
        while (i < to) {
            byte b = data[i];
            if (b == '"') {
                return i;
            }
            if (b == '\\') {
                i += escapeLength(data, i, to);
            } else if (b >= ' ') {
                i++;
            } else {
                i += b < 0 ? characterLength(data, i, to) : to;
            }
        }
        return -1;
    }

    /** Past the end if it is no escape. */
    private static int escapeLength(byte[] data, int at, int to) {
        if (at + 1 >= to) {
            return to;
        }
        switch (data[at + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' :
                return 2;
            case 'u' :
                for (int i = at + 2; i < at + 6; i++) {
                    if (i >= to || Character.digit(data[i], HEX) < 0) {
                        return to;
                    }
                }
                return 6;
            default :
                return to;
        }
    }

    /** Past the end if it is no character in UTF-8. */
    private static int characterLength(byte[] data, int at, int to) {
        int length = (data[at] & 0xe0) == 0xc0 ? 2 : (data[at] & 0xf0) == 0xe0 ? 3 : (data[at] & 0xf8) == 0xf0 ? 4 : to;
        for (int i = at + 1; i < at + length; i++) {
            if (i >= to || (data[i] & 0xc0) != 0x80) {
                return to;
            }
        }
        return length;
    }

    /** Hands on what the chunk that fits has generated. */
    void tell(ToldText text) {
        for (int i = 0; i < count; i++) {
            if (told[i]) {
                text.add(text(found[2 * i], found[2 * i + 1]));
            }
        }
    }

    private String text(int start, int end) {
        for (int i = start; i < end; i++) {
            if (bytes[i] == '\\') {
                return Escapes.decode(bytes, start, end);
            }
        }
        return new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }

    /** Of the name of the model, in the data of the chunk that fits; negative: there is none. */
    int modelStart() {
        return modelStart < 0 ? modelStart : modelFound;
    }

    int modelEnd() {
        return modelFound + modelEnd - modelStart;
    }
}
