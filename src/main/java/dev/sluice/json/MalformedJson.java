package dev.sluice.json;

/** These bytes are not one JSON text; the message is a sentence for the developer who sent them. */
public final class MalformedJson extends RuntimeException {
    private static final long serialVersionUID = 1;

    MalformedJson(String message) {
        super(message, null, false, false);
    }
}
