package dev.sluice.sse;

import dev.sluice.Receipt;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One server-sent event, or a comment between events, as it came over the wire. It is a stretch of what it came in, which
 * nobody changes any more: nothing is copied until it is asked for.
 */
public final class SseEvent {

    public static final String CONTENT_TYPE = "text/event-stream";

    private static final byte[] DATA = { 'd', 'a', 't', 'a'};
    private static final byte[] DONE_DATA = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private static final String COST_TEXT = "sluice cost-usd=";
    private static final byte[] COST = (": " + COST_TEXT).getBytes(StandardCharsets.US_ASCII);

    /** OpenAI's terminal event. */
    public static final SseEvent DONE = of(DONE_DATA);

    private final byte[] bytes;
    private final int start;
    private final int end;
    private final String type;
    /** Those of the event itself, unless it has several lines of data. */
    private final byte[] dataBytes;
    private final int dataStart;
    private final int dataEnd;
    private final boolean hidden;

    /**
     * @param bytes hold the event from its first line to the end of the blank line that ends it: those from start to end
     * @param type value of its {@code event} field; empty: none
     * @param dataBytes hold its data lines joined by line feeds; null: it has none (a comment)
     */
    SseEvent(byte[] bytes, int start, int end, String type, byte[] dataBytes, int dataStart, int dataEnd) {
        this(bytes, start, end, type, dataBytes, dataStart, dataEnd, false);
    }

    private SseEvent(byte[] bytes, int start, int end, String type, byte[] dataBytes, int dataStart, int dataEnd,
            boolean hidden) {
        this.bytes = bytes;
        this.start = start;
        this.end = end;
        this.type = type;
        this.dataBytes = dataBytes;
        this.dataStart = dataStart;
        this.dataEnd = dataEnd;
        this.hidden = hidden;
    }

    /** Takes a stretch of bytes. */
    @FunctionalInterface
    public interface Sink {
        void take(byte[] bytes, int start, int length);
    }

    /** An event of our own making, without a type. */
    public static SseEvent of(byte[] data) {
        byte[] raw = new byte[6 + data.length + 2];
        System.arraycopy("data: ".getBytes(StandardCharsets.US_ASCII), 0, raw, 0, 6);
        return ending(raw, 6, "", data);
    }

    /** An event of our own making, of this type. */
    public static SseEvent of(String type, byte[] data) {
        byte[] head = ("event: " + type + "\ndata: ").getBytes(StandardCharsets.UTF_8);
        return ending(Arrays.copyOf(head, head.length + data.length + 2), head.length, type, data);
    }

    private static SseEvent ending(byte[] raw, int dataStart, String type, byte[] data) {
        System.arraycopy(data, 0, raw, dataStart, data.length);
        raw[raw.length - 2] = '\n';
        raw[raw.length - 1] = '\n';
        return new SseEvent(raw, 0, raw.length, type, raw, dataStart, dataStart + data.length);
    }

    /** A comment line, which every client skips. */
    public static SseEvent comment(String text) {
        byte[] raw = (": " + text + "\n\n").getBytes(StandardCharsets.UTF_8);
        return new SseEvent(raw, 0, raw.length, "", null, 0, 0);
    }

    /** The same, not for a client that did not ask for it. */
    public SseEvent asHidden() {
        return new SseEvent(bytes, start, end, type, dataBytes, dataStart, dataEnd, true);
    }

    /** The same event with other bytes in place of a stretch of its data, which holds no line feed; all others as sent. */
    public SseEvent replacing(int from, int to, byte[] other) {
        int first = start + rawOffset(from);
        byte[] copy = spliced(bytes, start, first, first + (to - from), end, other);
        int longer = other.length - (to - from);
        return dataBytes == bytes
                ? new SseEvent(copy, 0, copy.length, type, copy, dataStart - start, dataEnd - start + longer, hidden)
                : new SseEvent(copy, 0, copy.length, type,
                        spliced(dataBytes, dataStart, dataStart + from, dataStart + to, dataEnd, other), 0,
                        dataEnd - dataStart + longer, hidden);
    }

    private static byte[] spliced(byte[] from, int start, int first, int last, int end, byte[] other) {
        byte[] copy = new byte[first - start + other.length + end - last];
        System.arraycopy(from, start, copy, 0, first - start);
        System.arraycopy(other, 0, copy, first - start, other.length);
        System.arraycopy(from, last, copy, first - start + other.length, end - last);
        return copy;
    }

    /** Where in the raw bytes this byte of the data stands. */
    private int rawOffset(int position) {
        if (dataBytes == bytes) {
            return dataStart - start + position;
        }
        int line = 0;
        int column = position;
        for (int i = 0; i < position; i++) {
            if (dataBytes[dataStart + i] == '\n') {
                line++;
                column = position - i - 1;
            }
        }
        int at = start;
        while (!startsWithData(at) || line-- > 0) {
            at = nextLine(at);
        }
        int value = at + DATA.length;
        if (value < end && bytes[value] == ':') {
            value += bytes[value + 1] == ' ' ? 2 : 1;
        }
        return value - start + column;
    }

    private boolean startsWithData(int at) {
        return end > at + DATA.length
                && Arrays.equals(bytes, at, at + DATA.length, DATA, 0, DATA.length)
                && (bytes[at + DATA.length] == ':' || isLineEnd(bytes[at + DATA.length]));
    }

    private int nextLine(int at) {
        int i = at;
        while (!isLineEnd(bytes[i])) {
            i++;
        }
        return bytes[i] == '\r' && i + 1 < end && bytes[i + 1] == '\n' ? i + 2 : i + 1;
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
        return dataBytes == null && end - start > COST.length
                && Arrays.equals(bytes, start, start + COST.length, COST, 0, COST.length);
    }

    /** Not for a client that did not ask for it: the gateway did. */
    public boolean hidden() {
        return hidden;
    }

    /** Value of its {@code event} field; empty: none. */
    public String type() {
        return type;
    }

    /** A copy of all its bytes, from its first line to the end of the blank line that ends it. */
    public byte[] raw() {
        return Arrays.copyOfRange(bytes, start, end);
    }

    /** Length of all its bytes. */
    public int length() {
        return end - start;
    }

    /** Hands on all its bytes. */
    public void writeTo(Sink sink) {
        sink.take(bytes, start, end - start);
    }

    public boolean hasData() {
        return dataBytes != null;
    }

    /** A copy of its data, the lines joined by line feeds; null: it has none (a comment). */
    public byte[] data() {
        return dataBytes == null ? null : Arrays.copyOfRange(dataBytes, dataStart, dataEnd);
    }

    /** Holds the data, from {@link #dataStart()} to {@link #dataEnd()}; not to be changed. Null: it has none. */
    public byte[] dataBytes() {
        return dataBytes;
    }

    public int dataStart() {
        return dataStart;
    }

    public int dataEnd() {
        return dataEnd;
    }

    public int dataLength() {
        return dataEnd - dataStart;
    }

    /** Whether this is OpenAI's terminal event. */
    public boolean isDone() {
        return dataBytes != null && Arrays.equals(dataBytes, dataStart, dataEnd, DONE_DATA, 0, DONE_DATA.length);
    }
}
