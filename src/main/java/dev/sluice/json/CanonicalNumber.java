package dev.sluice.json;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import org.erdtman.jcs.NumberToJSON;

/** A number as ECMAScript writes it (RFC 8785, 3.2.2.3), unless that would be another number. */
final class CanonicalNumber {
    /** Numbers of so many decimal digits are told apart by every double. */
    private static final int SAFE_DIGITS = 15;
    /** ECMAScript writes smaller numbers with an exponent. */
    private static final int LEADING_ZEROS = 5;
    private static final byte[] ZERO = { '0'};

    private CanonicalNumber() {
    }

    static void write(byte[] bytes, int start, int end, CanonicalForm.Sink out) {
        int canonicalEnd = plainEnd(bytes, start, end);
        if (canonicalEnd < 0) {
            writeAny(bytes, start, end, out);
        } else if (canonicalEnd == start) {
            out.write(ZERO, 0, 1);
        } else {
            out.write(bytes, start, canonicalEnd - start);
        }
    }

    /**
     * Most numbers are canonical as they stand, but for zeros at the end of a fraction.
     *
     * @return where the canonical form ends; {@code start} for zero; -1 where more thought is needed
     */
    private static int plainEnd(byte[] bytes, int start, int end) {
        int first = bytes[start] == '-' ? start + 1 : start;
        if (end - first > SAFE_DIGITS + 1) {
            return -1;
        }
        int point = -1;
        int significant = -1;
        int last = first;
        for (int i = first; i < end; i++) {
            byte octet = bytes[i];
            if (octet == '.') {
                point = i;
            } else if (octet < '0' || octet > '9') {
                return -1;
            } else {
                if (octet != '0') {
                    significant = significant < 0 ? i : significant;
                    last = i;
                }
            }
        }
        if (significant < 0) {
            return start;
        }
        if (point < 0) {
            return end - first > SAFE_DIGITS ? -1 : end;
        }
        if (significant - point > LEADING_ZEROS + 1) {
            return -1;
        }
        return last < point ? point : last + 1;
    }

    private static void writeAny(byte[] bytes, int start, int end, CanonicalForm.Sink out) {
        String literal = new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
        double number = Double.parseDouble(literal);
        String form = Double.isInfinite(number) ? null : serialize(number);
        if (form == null || !isSame(literal, form)) {
            form = "#" + literal;
        }
        out.write(form.getBytes(StandardCharsets.ISO_8859_1), 0, form.length());
    }

    private static boolean isSame(String literal, String form) {
        if (literal.equals(form)) {
            return true;
        }
        try {
            return new BigDecimal(literal).compareTo(new BigDecimal(form)) == 0;
        } catch (NumberFormatException e) {
            return false; // an exponent beyond 32 bits
        }
    }

    private static String serialize(double number) {
        try {
            return NumberToJSON.serializeNumber(number);
        } catch (IOException e) {
            throw new IllegalArgumentException("Not a number of JSON: " + number, e);
        }
    }
}
