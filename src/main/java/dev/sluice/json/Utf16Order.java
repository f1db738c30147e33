package dev.sluice.json;

import java.util.Arrays;

/** The order of texts by their UTF-16 code units, as RFC 8785 sorts names, told from their UTF-8 bytes. */
final class Utf16Order {
    /** First bytes from here on: U+E000 and above. */
    private static final int HIGH = 0xee;
    /** First bytes from here on: characters beyond U+FFFF, which UTF-16 writes with surrogates, below U+E000. */
    private static final int SUPPLEMENTARY = 0xf0;

    private Utf16Order() {
    }

    /** Both texts are valid UTF-8. */
    static int compare(byte[] a, int aStart, int aEnd, byte[] b, int bStart, int bEnd) {
        int i = Arrays.mismatch(a, aStart, aEnd, b, bStart, bEnd);
        if (i < 0) {
            return 0;
        }
        if (aStart + i == aEnd || bStart + i == bEnd) {
            return Integer.compare(aEnd - aStart, bEnd - bStart);
        }
        return Integer.compare(rank(a[aStart + i]), rank(b[bStart + i]));
    }

    /** Code units and code points have the same order but for these two ranges, which change places. */
    private static int rank(byte octet) {
        int value = octet & 0xff;
        return value >= HIGH && value < SUPPLEMENTARY ? value + 0x100 : value;
    }
}
