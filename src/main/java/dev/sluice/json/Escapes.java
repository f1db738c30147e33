package dev.sluice.json;

import java.nio.charset.StandardCharsets;

/** Backslash escapes inside JSON strings that a parser has found well-formed. */
public final class Escapes {
    private static final int HEX = 16;

    private Escapes() {
    }

    static void requirePairedSurrogates(byte[] bytes, int start, int end) {
        for (int i = start; i < end; i++) {
            if (bytes[i] != '\\') {
                continue;
            }
            i++;
            if (bytes[i] != 'u' || i + 4 >= end) {
                continue; // anything malformed is the parser's to report
            }
            int unit = unit(bytes, i + 1);
            i += 4;
            if (Character.isHighSurrogate((char) unit) && i + 6 < end && bytes[i + 1] == '\\'
                    && bytes[i + 2] == 'u' && Character.isLowSurrogate((char) unit(bytes, i + 3))) {
                i += 6;
            } else if (Character.isSurrogate((char) unit)) {
                throw new MalformedJson("The body holds half of a surrogate pair, at byte " + (i - 5) + ".");
            }
        }
    }

    /** The text of a string's content, from start to end, without its quotes. */
    public static String decode(byte[] bytes, int start, int end) {
        StringBuilder text = new StringBuilder(end - start);
        int plain = start;
        for (int i = start; i < end; i++) {
            if (bytes[i] != '\\') {
                continue;
            }
            text.append(new String(bytes, plain, i - plain, StandardCharsets.UTF_8));
            i++;
            switch (bytes[i]) {
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    text.append((char) unit(bytes, i + 1));
                    i += 4;
                }
                default -> text.append((char) bytes[i]);
            }
            plain = i + 1;
        }
        return text.append(new String(bytes, plain, end - plain, StandardCharsets.UTF_8)).toString();
    }

    static int unit(byte[] bytes, int start) {
        int unit = 0;
        for (int i = start; i < start + 4; i++) {
            int digit = Character.digit(bytes[i], HEX);
            if (digit < 0) {
                return 0; // malformed: the parser's to report
            }
            unit = unit * HEX + digit;
        }
        return unit;
    }
}
