package dev.sluice.sse;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One server-sent event, or a comment between events, as it came over the wire.
 *
 * @param raw every byte from the event's first line to the end of the blank line that ends it
 * @param type value of its {@code event} field; empty: none
 * @param data its data lines joined by line feeds; null: it has none (a comment)
 */
public record SseEvent(byte[] raw, String type, byte[] data) {

    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    /** An event of our own making, without a type. */
    public static SseEvent of(byte[] data) {
        byte[] raw = new byte[6 + data.length + 2];
        System.arraycopy("data: ".getBytes(StandardCharsets.US_ASCII), 0, raw, 0, 6);
        System.arraycopy(data, 0, raw, 6, data.length);
        raw[raw.length - 2] = '\n';
        raw[raw.length - 1] = '\n';
        return new SseEvent(raw, "", data);
    }

    /** A comment line, which every client skips. */
    public static SseEvent comment(String text) {
        return new SseEvent((": " + text + "\n\n").getBytes(StandardCharsets.UTF_8), "", null);
    }

    public boolean hasData() {
        return data != null;
    }

    /** OpenAI's terminal event. */
    public boolean isDone() {
        return data != null && Arrays.equals(data, DONE);
    }
}
