package dev.sluice.json;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A copy of a JSON object's bytes in which single members differ and every other byte is the same. */
public final class Splice {
    private final Json json;
    private final ByteArrayOutputStream out;
    private int copied;

    private Splice(Json json) {
        this.json = json;
        this.out = new ByteArrayOutputStream(json.bytes().length + 64);
    }

    /** Begins a copy; edits have to come in the order of their places, those that add members last. */
    public static Splice of(Json object) {
        return new Splice(object);
    }

    /** The same bytes with the top-level member's value replaced; the very same array if it has that value already. */
    public static byte[] replaceString(Json object, int value, String text) {
        if (object.is(value, Json.Kind.STRING) && object.text(value).equals(text)) {
            return object.bytes();
        }
        return of(object).replace(value, quote(text)).bytes();
    }

    public Splice replace(int value, String literal) {
        copyUpTo(json.start(value));
        out.writeBytes(literal.getBytes(StandardCharsets.UTF_8));
        copied = json.end(value);
        return this;
    }

    /** Leaves out a member that is not the only one; to be given its name. */
    public Splice remove(int name) {
        byte[] bytes = json.bytes();
        int before = json.start(name) - 1;
        while (isBlank(bytes[before])) {
            before--;
        }
        int after = json.end(json.value(name));
        if (bytes[before] == ',') {
            copyUpTo(before);
        } else {
            copyUpTo(json.start(name));
            while (bytes[after] != ',') {
                after++;
            }
            after++;
        }
        copied = after;
        return this;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t' || b == '\n' || b == '\r';
    }

    /** Adds a member at the end of the root object. */
    public Splice append(String name, String literal) {
        int brace = json.end(json.root()) - 1;
        copyUpTo(brace);
        String comma = json.first(json.root()) == Json.NONE ? "" : ",";
        out.writeBytes((comma + quote(name) + ":" + literal).getBytes(StandardCharsets.UTF_8));
        return this;
    }

    public byte[] bytes() {
        copyUpTo(json.bytes().length);
        return out.toByteArray();
    }

    private void copyUpTo(int end) {
        out.write(json.bytes(), copied, end - copied);
        copied = end;
    }

    /** A JSON string literal of this text. */
    public static String quote(String text) {
        StringBuilder literal = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                literal.append('\\').append(c);
            } else if (c < ' ') {
                literal.append(String.format("\\u%04x", (int) c));
            } else {
                literal.append(c);
            }
        }
        return literal.append('"').toString();
    }
}
