package dev.sluice.sse;

import dev.sluice.Receipt;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One server-sent event, or a comment between events, as it came over the wire.
 *
 * @param raw every byte from the event's first line to the end of the blank line that ends it
 * @param type value of its {@code event} field; empty: none
 * @param data its data lines joined by line feeds; null: it has none (a comment)
 * @param hidden not for a client that did not ask for it: the gateway did
 */
public record SseEvent(byte[] raw, String type, byte[] data, boolean hidden) {

    public static final String CONTENT_TYPE = "text/event-stream";

    private static final byte[] DATA = { 'd', 'a', 't', 'a'};
    private static final byte[] DONE_DATA = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private static final String COST_TEXT = "sluice cost-usd=";
    private static final byte[] COST = (": " + COST_TEXT).getBytes(StandardCharsets.US_ASCII);

    /** OpenAI's terminal event. */
    public static final SseEvent DONE = of(DONE_DATA);

    public SseEvent(byte[] raw, String type, byte[] data) {
        this(raw, type, data, false);
    }

    /** An event of our own making, without a type. */
    public static SseEvent of(byte[] data) {
        byte[] raw = new byte[6 + data.length + 2];
        System.arraycopy("data: ".getBytes(StandardCharsets.US_ASCII), 0, raw, 0, 6);
        System.arraycopy(data, 0, raw, 6, data.length);
        raw[raw.length - 2] = '\n';
        raw[raw.length - 1] = '\n';
        return new SseEvent(raw, "", data);
    }

    /** An event of our own making, of this type. */
    public static SseEvent of(String type, byte[] data) {
        byte[] head = ("event: " + type + "\ndata: ").getBytes(StandardCharsets.UTF_8);
        byte[] raw = Arrays.copyOf(head, head.length + data.length + 2);
        System.arraycopy(data, 0, raw, head.length, data.length);
        raw[raw.length - 2] = '\n';
        raw[raw.length - 1] = '\n';
        return new SseEvent(raw, type, data);
    }

    /** A comment line, which every client skips. */
    public static SseEvent comment(String text) {
        return new SseEvent((": " + text + "\n\n").getBytes(StandardCharsets.UTF_8), "", null);
    }

    /** The same, not for a client that did not ask for it. */
    public SseEvent asHidden() {
        return new SseEvent(raw, type, data, true);
    }

    /** The same event with other bytes in place of a stretch of its data, which holds no line feed; all others as sent. */
    public SseEvent replacing(int start, int end, byte[] bytes) {
        int offset = rawOffset(start) - start;
        return new SseEvent(spliced(raw, start + offset, end + offset, bytes), type, spliced(data, start, end, bytes),
                hidden);
    }

    private static byte[] spliced(byte[] from, int start, int end, byte[] bytes) {
        byte[] copy = new byte[from.length - (end - start) + bytes.length];
        System.arraycopy(from, 0, copy, 0, start);
        System.arraycopy(bytes, 0, copy, start, bytes.length);
        System.arraycopy(from, end, copy, start + bytes.length, from.length - end);
        return copy;
    }

    /** Where in the raw bytes this byte of the data stands. */
    private int rawOffset(int position) {
        int line = 0;
        int column = position;
        for (int i = 0; i < position; i++) {
            if (data[i] == '\n') {
                line++;
                column = position - i - 1;
            }
        }
        int start = 0;
        while (!startsWithData(start) || line-- > 0) {
            start = nextLine(start);
        }
        int value = start + DATA.length;
        if (value < raw.length && raw[value] == ':') {
            value += raw[value + 1] == ' ' ? 2 : 1;
        }
        return value + column;
    }

    private boolean startsWithData(int start) {
        return raw.length > start + DATA.length
                && Arrays.equals(raw, start, start + DATA.length, DATA, 0, DATA.length)
                && (raw[start + DATA.length] == ':' || isLineEnd(raw[start + DATA.length]));
    }

    private int nextLine(int start) {
        int i = start;
        while (!isLineEnd(raw[i])) {
            i++;
        }
        return raw[i] == '\r' && i + 1 < raw.length && raw[i + 1] == '\n' ? i + 2 : i + 1;
    }

    private static boolean isLineEnd(byte b) {
        return b == '\n' || b == '\r';
    }

    /** The comment that tells what a stream cost, just before its terminal event. */
    public static SseEvent cost(Receipt receipt) {
        return comment(COST_TEXT + receipt.cost());
    }

    /** Whether this is that comment. */
    public boolean isCost() {
        return data == null && raw.length > COST.length && Arrays.equals(raw, 0, COST.length, COST, 0, COST.length);
    }

    public boolean hasData() {
        return data != null;
    }

    /** Whether this is OpenAI's terminal event. */
    public boolean isDone() {
        return data != null && Arrays.equals(data, DONE_DATA);
    }
}
