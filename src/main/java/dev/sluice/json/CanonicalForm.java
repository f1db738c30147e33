package dev.sluice.json;

import dev.sluice.json.Json.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * The canonical form of a JSON text by RFC 8785 (JCS): no whitespace, members in the order of their names, one way to
 * write each string and each number. Two texts have the same form exactly when they say the same.
 * <p>
 * One exception keeps what is different apart: a number that RFC 8785 would round, because no IEEE 754 double has its
 * value, is written as {@code #} and its literal, which no JSON value begins with. 9007199254740993 is not
 * 9007199254740992 to a provider that counts in 64 bits.
 * <p>
 * The form is written as it is found; nothing of the text is copied as a whole, and the time is linear in the length of
 * the text but for the sorting of an object's names.
 */
public final class CanonicalForm {

    /** Where the form goes, piece by piece; {@code MessageDigest::update} is one. */
    @FunctionalInterface
    public interface Sink {
        /** The bytes are only lent. */
        void write(byte[] bytes, int offset, int length);
    }

    private static final IntPredicate NONE = node -> false;
    private static final int BUFFER = 512;
    private static final int FEW = 12;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final Json json;
    private final byte[] bytes;
    private final Sink sink;
    private final IntPredicate blank;
    private final Sink pieces = this::put;
    private final byte[] buffer = new byte[BUFFER];
    private int buffered;
    private int[] names = new int[4 * FEW];
    private int taken;

    private CanonicalForm(Json json, IntPredicate blank, Sink sink) {
        this.json = json;
        this.blank = blank;
        this.bytes = json.bytes();
        this.sink = sink;
    }

    /** Writes the whole text's form. */
    public static void write(Json json, Sink sink) {
        write(json, Set.of(), sink);
    }

    /**
     * Writes the form of the text as if the root object did not have the members of these names.
     *
     * @param leftOut names in ASCII
     */
    public static void write(Json json, Set<String> leftOut, Sink sink) {
        write(json, leftOut, NONE, sink);
    }

    /**
     * The same; where a node is blank, {@code ?} stands for its value, which no JSON value begins with.
     *
     * @param leftOut names in ASCII
     */
    public static void write(Json json, Set<String> leftOut, IntPredicate blank, Sink sink) {
        CanonicalForm form = new CanonicalForm(json, blank, sink);
        int root = json.root();
        if (json.is(root, Kind.OBJECT)) {
            form.object(root, leftOut);
        } else {
            form.value(root);
        }
        form.flush();
    }

    /** Writes the form of one value within the text. */
    public static void write(Json json, int node, Sink sink) {
        CanonicalForm form = new CanonicalForm(json, NONE, sink);
        form.value(node);
        form.flush();
    }

    private void value(int node) {
        if (blank != NONE && blank.test(node)) {
            put('?');
            return;
        }
        switch (json.kind(node)) {
            case OBJECT -> object(node, Set.of());
            case ARRAY -> array(node);
            case NAME, STRING -> string(node);
            case NUMBER -> CanonicalNumber.write(bytes, json.start(node), json.end(node), pieces);
            case TRUE, FALSE, NULL -> put(bytes, json.start(node), json.end(node) - json.start(node));
        }
    }

    private void array(int array) {
        put('[');
        for (int element = json.first(array); element != Json.NONE; element = json.next(array, element)) {
            if (element != json.first(array)) {
                put(',');
            }
            value(element);
        }
        put(']');
    }

    private void object(int object, Set<String> leftOut) {
        int from = taken;
        boolean escaped = false;
        for (int name = json.first(object); name != Json.NONE; name = json.next(object, name)) {
            if (!json.named(name, leftOut)) {
                escaped |= json.escaped(name);
                take(name);
            }
        }
        if (escaped || taken - from > FEW) {
            sortMany(from);
        } else {
            sortFew(from);
        }
        put('{');
        int to = taken;
        for (int i = from; i < to; i++) {
            if (i > from) {
                put(',');
            }
            int name = names[i];
            string(name);
            put(':');
            value(json.value(name));
        }
        put('}');
        taken = from;
    }

    private void take(int name) {
        if (taken == names.length) {
            names = Arrays.copyOf(names, 2 * taken);
        }
        names[taken++] = name;
    }

    /** By insertion: most objects have two or three members. */
    private void sortFew(int from) {
        for (int i = from + 1; i < taken; i++) {
            int name = names[i];
            int j = i;
            while (j > from && isAfter(names[j - 1], name)) {
                names[j] = names[j - 1];
                j--;
            }
            names[j] = name;
        }
    }

    private boolean isAfter(int one, int other) {
        return Utf16Order.compare(bytes, json.start(one) + 1, json.end(one) - 1, bytes, json.start(other) + 1,
                json.end(other) - 1) > 0;
    }

    private void sortMany(int from) {
        Name[] sorted = new Name[taken - from];
        for (int i = 0; i < sorted.length; i++) {
            int node = names[from + i];
            if (json.escaped(node)) {
                byte[] text = json.text(node).getBytes(StandardCharsets.UTF_8);
                sorted[i] = new Name(node, text, 0, text.length);
            } else {
                sorted[i] = new Name(node, bytes, json.start(node) + 1, json.end(node) - 1);
            }
        }
        Arrays.sort(sorted);
        for (int i = 0; i < sorted.length; i++) {
            names[from + i] = sorted[i].node;
        }
    }

    private static final class Name implements Comparable<Name> {
        private final int node;
        private final byte[] text;
        private final int start;
        private final int end;

        Name(int node, byte[] text, int start, int end) {
            this.node = node;
            this.text = text;
            this.start = start;
            this.end = end;
        }

        @Override
        public int compareTo(Name other) {
            return Utf16Order.compare(text, start, end, other.text, other.start, other.end);
        }
    }

    private void string(int node) {
        int start = json.start(node);
        int end = json.end(node);
        if (json.escaped(node)) {
            put('"');
            escapedString(start + 1, end - 1);
            put('"');
        } else {
            put(bytes, start, end - start);
        }
    }

    private void escapedString(int start, int end) {
        int plain = start;
        int i = start;
        while (i < end) {
            if (bytes[i] != '\\') {
                i++;
                continue;
            }
            put(bytes, plain, i - plain);
            switch (bytes[i + 1]) {
                case '/' -> {
                    put('/');
                    i += 2;
                }
                case 'u' -> {
                    int unit = Escapes.unit(bytes, i + 2);
                    i += 6;
                    if (Character.isHighSurrogate((char) unit)) {
                        unit = Character.toCodePoint((char) unit, (char) Escapes.unit(bytes, i + 2));
                        i += 6;
                    }
                    character(unit);
                }
                default -> {
                    put(bytes, i, 2);
                    i += 2;
                }
            }
            plain = i;
        }
        put(bytes, plain, end - plain);
    }

    private void character(int codePoint) {
        switch (codePoint) {
            case '\b' -> escape('b');
            case '\t' -> escape('t');
            case '\n' -> escape('n');
            case '\f' -> escape('f');
            case '\r' -> escape('r');
            case '"', '\\' -> escape((char) codePoint);
            default -> {
                if (codePoint < ' ') {
                    escape('u');
                    put('0');
                    put('0');
                    put(HEX[codePoint >> 4]);
                    put(HEX[codePoint & 0xf]);
                } else {
                    utf8(codePoint);
                }
            }
        }
    }

    private void escape(char letter) {
        put('\\');
        put(letter);
    }

    private void utf8(int codePoint) {
        if (codePoint < 0x80) {
            put(codePoint);
        } else if (codePoint < 0x800) {
            put(0xc0 | codePoint >> 6);
            put(0x80 | codePoint & 0x3f);
        } else if (codePoint < 0x10000) {
            put(0xe0 | codePoint >> 12);
            put(0x80 | codePoint >> 6 & 0x3f);
            put(0x80 | codePoint & 0x3f);
        } else {
            put(0xf0 | codePoint >> 18);
            put(0x80 | codePoint >> 12 & 0x3f);
            put(0x80 | codePoint >> 6 & 0x3f);
            put(0x80 | codePoint & 0x3f);
        }
    }

    private void put(int octet) {
        if (buffered == BUFFER) {
            flush();
        }
        buffer[buffered++] = (byte) octet;
    }

    private void put(byte[] source, int offset, int length) {
        if (length > BUFFER - buffered) {
            flush();
        }
        if (length > BUFFER) {
            sink.write(source, offset, length);
        } else {
            System.arraycopy(source, offset, buffer, buffered, length);
            buffered += length;
        }
    }

    private void flush() {
        if (buffered > 0) {
            sink.write(buffer, 0, buffered);
            buffered = 0;
        }
    }
}
