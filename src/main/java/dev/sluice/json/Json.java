package dev.sluice.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * One JSON text, read once and kept as the bytes it came in, with an index of where each value stands. Nothing is copied
 * until it is asked for, so a body can be understood, hashed and forwarded without being rebuilt.
 *
 * <p>
 * A value is named by its node, an index into the tape. A container's children follow it on the tape; in an object every
 * name is a node of its own, followed by its value.
 */
public final class Json {

    public enum Kind {
        OBJECT, ARRAY, NAME, STRING, NUMBER, TRUE, FALSE, NULL
    }

    /** No such value. */
    public static final int NONE = -1;

    /** Levels of nesting that a text may have; far above any real request, far below any stack. */
    public static final int MAX_DEPTH = 256;

    private static final Kind[] KINDS = Kind.values();
    private static final int KIND = 0;
    private static final int START = 1;
    private static final int END = 2;
    private static final int AFTER = 3;
    private static final int WIDTH = 4;
    private static final int ESCAPED = 1 << 8;
    /** Names that are compared each with each; of more a set is made. */
    private static final int FEW = 12;

    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final byte[] bytes;
    private int[] tape;
    private int nodes;

    private Json(byte[] bytes) {
        this.bytes = bytes;
        this.tape = new int[WIDTH * Math.max(16, Math.min(bytes.length / 16, 1 << 16))];
    }

    /**
     * Reads a whole text strictly by RFC 8259: valid UTF-8, no duplicate names, no lone surrogates, one value.
     *
     * @param bytes kept, not copied
     * @throws MalformedJson if it is anything else
     */
    public static Json parse(byte[] bytes) {
        Utf8.requireValid(bytes);
        for (int i = 0; i < Math.min(4, bytes.length); i++) {
            if (bytes[i] == 0) {
                throw new MalformedJson("The body is not JSON in UTF-8: byte " + i + " is zero.");
            }
        }
        Json json = new Json(bytes);
        try (JsonParser parser = FACTORY.createParser(bytes)) {
            json.read(parser);
        } catch (StreamConstraintsException e) {
            throw new MalformedJson("The JSON is beyond what is accepted: " + firstLine(e) + ".");
        } catch (JsonParseException e) {
            throw new MalformedJson("The body is not valid JSON: " + firstLine(e) + ", at byte "
                    + Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getByteOffset()) + ".");
        } catch (IOException e) {
            throw new MalformedJson("The body is not valid JSON.");
        }
        return json;
    }

    /**
     * What a lenient parser does not look at.
     *
     * @param bytes of a JSON text that a parser has found well-formed
     * @throws MalformedJson if it is not valid UTF-8, or holds half of a surrogate pair
     */
    public static void requireText(byte[] bytes) {
        Utf8.requireValid(bytes);
        Escapes.requirePairedSurrogates(bytes, 0, bytes.length);
    }

    private static String firstLine(JsonProcessingException e) {
        String message = e.getOriginalMessage();
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    private void read(JsonParser parser) throws IOException {
        int open = NONE;
        int end = 0;
        for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
            int start = afterPunctuation(end);
            if (token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY) {
                end = start + 1;
                int container = open;
                open = tape[container * WIDTH + AFTER]; // until it is closed, there is what encloses it
                tape[container * WIDTH + END] = end;
                tape[container * WIDTH + AFTER] = nodes;
                if (token == JsonToken.END_OBJECT) {
                    requireDistinctNames(container);
                }
            } else {
                if (open == NONE && nodes > 0) {
                    throw new MalformedJson("The body holds more than one JSON value.");
                }
                switch (token) {
                    case START_OBJECT -> open = open(Kind.OBJECT, start, open);
                    case START_ARRAY -> open = open(Kind.ARRAY, start, open);
                    case FIELD_NAME -> addString(Kind.NAME, start);
                    case VALUE_STRING -> addString(Kind.STRING, start);
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                        add(Kind.NUMBER, start, start + parser.getTextLength());
                    case VALUE_TRUE -> add(Kind.TRUE, start, start + 4);
                    case VALUE_FALSE -> add(Kind.FALSE, start, start + 5);
                    case VALUE_NULL -> add(Kind.NULL, start, start + 4);
                    default -> throw new MalformedJson("The body is not valid JSON.");
                }
                end = end(nodes - 1);
            }
        }
        if (nodes == 0) {
            throw new MalformedJson("The body is empty.");
        }
    }

    /** The parser could look for them too, with a set for each object. */
    private void requireDistinctNames(int object) {
        int count = 0;
        boolean escaped = false;
        for (int name = first(object); name != NONE; name = next(object, name)) {
            count++;
            escaped |= escaped(name);
        }
        if (escaped || count > FEW) {
            Set<String> seen = new HashSet<>(2 * count);
            for (int name = first(object); name != NONE; name = next(object, name)) {
                if (!seen.add(text(name))) {
                    throw duplicate(name);
                }
            }
            return;
        }
        for (int name = first(object); name != NONE; name = next(object, name)) {
            for (int other = next(object, name); other != NONE; other = next(object, other)) {
                if (Arrays.equals(bytes, start(name), end(name), bytes, start(other), end(other))) {
                    throw duplicate(other);
                }
            }
        }
    }

    private MalformedJson duplicate(int name) {
        return new MalformedJson("The body is not valid JSON: Duplicate field '" + text(name) + "', at byte "
                + start(name) + ".");
    }

    /**
     * Where the next token begins: the parser knows too, but makes an object of each of its answers. It has refused
     * whatever else may stand between two tokens; bytes below zero are a byte order mark.
     */
    private int afterPunctuation(int from) {
        int i = from;
        while (i < bytes.length && (bytes[i] <= ' ' || bytes[i] == ',' || bytes[i] == ':')) {
            i++;
        }
        return i;
    }

    private int open(Kind kind, int start, int enclosing) {
        int container = add(kind, start, start + 1);
        tape[container * WIDTH + AFTER] = enclosing;
        return container;
    }

    private int add(Kind kind, int start, int end) {
        int node = nodes++;
        int at = node * WIDTH;
        if (at == tape.length) {
            tape = Arrays.copyOf(tape, tape.length * 2);
        }
        tape[at + KIND] = kind.ordinal();
        tape[at + START] = start;
        tape[at + END] = end;
        tape[at + AFTER] = nodes;
        return node;
    }

    /** The parser skips strings without decoding them; where they end and whether they hold escapes is found here. */
    private void addString(Kind kind, int start) {
        boolean escaped = false;
        int i = start + 1;
        while (i < bytes.length && bytes[i] != '"') {
            if (bytes[i] == '\\') {
                escaped = true;
                i++;
            }
            i++;
        }
        int node = add(kind, start, i + 1);
        if (escaped) {
            tape[node * WIDTH + KIND] |= ESCAPED;
            Escapes.requirePairedSurrogates(bytes, start + 1, i);
        }
    }

    /** The bytes that were read; not to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    public int root() {
        return 0;
    }

    public Kind kind(int node) {
        return KINDS[tape[node * WIDTH + KIND] & 0xff];
    }

    public boolean is(int node, Kind kind) {
        return node != NONE && kind(node) == kind;
    }

    /** Offset of the value's first byte; a string begins with its quote. */
    public int start(int node) {
        return tape[node * WIDTH + START];
    }

    /** Offset after the value's last byte. */
    public int end(int node) {
        return tape[node * WIDTH + END];
    }

    /** Whether a string or name holds a backslash; without one its bytes are its text. */
    boolean escaped(int node) {
        return (tape[node * WIDTH + KIND] & ESCAPED) != 0;
    }

    /** The first element of an array or the first name of an object; {@link #NONE} when empty. */
    public int first(int container) {
        return after(container) == container + 1 ? NONE : container + 1;
    }

    /** The element after this one, or the name after this name and its value; {@link #NONE} at the container's end. */
    public int next(int container, int child) {
        int following = kind(child) == Kind.NAME ? after(child + 1) : after(child);
        return following == after(container) ? NONE : following;
    }

    private int after(int node) {
        return tape[node * WIDTH + AFTER];
    }

    /** The value of a name node. */
    public int value(int name) {
        return name + 1;
    }

    /** The member's value, or {@link #NONE}, also when {@code object} is not an object. */
    public int member(int object, String name) {
        if (!is(object, Kind.OBJECT)) {
            return NONE;
        }
        for (int member = first(object); member != NONE; member = next(object, member)) {
            if (named(member, name)) {
                return value(member);
            }
        }
        return NONE;
    }

    /**
     * Whether a member has this name; cheaper than to make its text.
     *
     * @param name in ASCII
     */
    public boolean named(int node, String name) {
        if (escaped(node)) {
            return text(node).equals(name);
        }
        int start = start(node) + 1;
        int length = end(node) - 1 - start;
        if (length != name.length()) {
            return false; // as many bytes as characters
        }
        for (int i = 0; i < length; i++) {
            if (bytes[start + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether it has one of these names, of which there are few. */
    public boolean named(int node, Set<String> names) {
        for (String name : names) {
            if (named(node, name)) {
                return true;
            }
        }
        return false;
    }

    /** The text of a string or name. */
    public String text(int node) {
        int start = start(node) + 1;
        int end = end(node) - 1;
        return escaped(node)
                ? Escapes.decode(bytes, start, end)
                : new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }

    /** A number as it was written. */
    public String literal(int number) {
        return new String(bytes, start(number), end(number) - start(number), StandardCharsets.ISO_8859_1);
    }

    /** The member's text if it is there and a string. */
    public Optional<String> string(int object, String name) {
        int value = member(object, name);
        return is(value, Kind.STRING) ? Optional.of(text(value)) : Optional.empty();
    }

    /** The member as a whole number within 0..2^53, or {@code otherwise} if it is absent or anything else. */
    public long count(int object, String name, long otherwise) {
        int value = member(object, name);
        if (!is(value, Kind.NUMBER)) {
            return otherwise;
        }
        double number = Double.parseDouble(literal(value));
        return number >= 0 && number <= 0x1p53 && number == Math.rint(number) ? (long) number : otherwise;
    }
}
