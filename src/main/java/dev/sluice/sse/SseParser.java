package dev.sluice.sse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Cuts a byte stream into server-sent events, wherever the network cut it. Lines may end in LF, CR or CRLF (WHATWG HTML,
 * section 9.2). Each byte is looked at once, however many pieces an event comes in; the raw bytes of all events together
 * are the bytes that were fed.
 */
public final class SseParser {
    private static final int INITIAL = 1024;

    private final int maxEventBytes;
    private byte[] buffer = new byte[INITIAL];
    private int length;
    /** Where the event at hand begins. */
    private int start;
    private int scanned;
    private int lineStart;
    private boolean afterCarriageReturn;
    private int dataStart;
    private int dataEnd;
    private ByteArrayOutputStream joined;
    private boolean hasData;
    private String type = "";

    /** @param maxEventBytes a longer event is a fault of the sender */
    public SseParser(int maxEventBytes) {
        this.maxEventBytes = maxEventBytes;
    }

    /**
     * Takes the next piece and hands on the events that it completes.
     *
     * @throws IllegalStateException if an event grows beyond the bound
     */
    public void feed(byte[] piece, Consumer<SseEvent> events) {
        append(piece);
        while (scanned < length) {
            byte b = buffer[scanned++];
            if (b == '\n' && afterCarriageReturn) {
                afterCarriageReturn = false;
                lineStart = scanned; // the second half of a CRLF; it stays with what follows
            } else if (b == '\n' || b == '\r') {
                afterCarriageReturn = b == '\r';
                if (endLine(scanned - 1)) {
                    takeLineFeed();
                    events.accept(cut());
                }
            } else {
                afterCarriageReturn = false;
            }
        }
        if (length - start > maxEventBytes) {
            throw new IllegalStateException("An event of the stream is larger than " + maxEventBytes + " bytes.");
        }
        dropWhatWasCut();
    }

    /** Once for all events of a piece. */
    private void dropWhatWasCut() {
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, length - start);
            length -= start;
            scanned -= start;
            lineStart -= start;
            dataStart -= start;
            dataEnd -= start;
            start = 0;
        }
    }

    /** What is left when the sender has closed: bytes of an event that was never ended. */
    public Optional<byte[]> rest() {
        return length == 0 ? Optional.empty() : Optional.of(Arrays.copyOf(buffer, length));
    }

    private void append(byte[] piece) {
        if (length + piece.length > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + piece.length));
        }
        System.arraycopy(piece, 0, buffer, length, piece.length);
        length += piece.length;
    }

    /** @return whether this was the blank line that ends an event */
    private boolean endLine(int end) {
        int start = lineStart;
        lineStart = end + 1;
        if (start == end) {
            return true;
        }
        if (startsWith(start, end, "data")) {
            addData(valueStart(start + 4, end), end);
        } else if (startsWith(start, end, "event")) {
            int value = valueStart(start + 5, end);
            type = new String(buffer, value, end - value, StandardCharsets.UTF_8);
        }
        return false;
    }

    /** The LF of a CRLF belongs to the event whose blank line it ends, if it is here already. */
    private void takeLineFeed() {
        if (afterCarriageReturn && scanned < length && buffer[scanned] == '\n') {
            scanned++;
            afterCarriageReturn = false;
        }
    }

    private boolean startsWith(int start, int end, String field) {
        int after = start + field.length();
        if (after > end || after < end && buffer[after] != ':') {
            return false;
        }
        for (int i = 0; i < field.length(); i++) {
            if (buffer[start + i] != field.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private int valueStart(int colon, int end) {
        if (colon >= end) {
            return end;
        }
        return colon + 1 < end && buffer[colon + 1] == ' ' ? colon + 2 : colon + 1;
    }

    private void addData(int start, int end) {
        if (!hasData) {
            hasData = true;
            dataStart = start;
            dataEnd = end;
            return;
        }
        if (joined == null) {
            joined = new ByteArrayOutputStream();
            joined.write(buffer, dataStart, dataEnd - dataStart);
        }
        joined.write('\n');
        joined.write(buffer, start, end - start);
    }

    private SseEvent cut() {
        byte[] raw = Arrays.copyOfRange(buffer, start, scanned);
        byte[] data = null;
        if (hasData) {
            data = joined != null ? joined.toByteArray() : Arrays.copyOfRange(buffer, dataStart, dataEnd);
        }
        SseEvent event = new SseEvent(raw, type, data);
        start = scanned;
        lineStart = scanned;
        hasData = false;
        joined = null;
        type = "";
        return event;
    }
}
