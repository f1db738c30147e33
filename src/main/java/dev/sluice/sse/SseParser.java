package dev.sluice.sse;

import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Cuts a byte stream into server-sent events, wherever the network cut it. Lines may end in LF, CR or CRLF (WHATWG HTML,
 * section 9.2). Each byte is looked at once, however many pieces an event comes in; the raw bytes of all events together
 * are the bytes that were fed. An event that came in one piece is a stretch of that piece; only what is cut is copied.
 */
public final class SseParser {
    private static final int INITIAL = 1024;

    private static final byte[] NOTHING = {};
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long SPACES = 0x2020202020202020L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    private final int maxEventBytes;
    /** What is being looked at: the piece at hand, or what has been put together of several. */
    private byte[] buffer = NOTHING;
    private int length;
    /** Whether the buffer is ours, to be written to again. */
    private boolean owned;
    private byte[] own = NOTHING;
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
    private String lastType = "";

    /** @param maxEventBytes a longer event is a fault of the sender */
    public SseParser(int maxEventBytes) {
        this.maxEventBytes = maxEventBytes;
    }

    /**
     * Takes the next piece and hands on the events that it completes.
     *
     * @param piece kept by its events: not to be changed any more
     * @throws IllegalStateException if an event grows beyond the bound
     */
    public void feed(byte[] piece, Consumer<SseEvent> events) {
        feed(piece, 0, piece.length, events);
    }

    /** The same with a stretch of these bytes as the piece. */
    public void feed(byte[] bytes, int from, int to, Consumer<SseEvent> events) {
        if (length > 0) {
            append(bytes, from, to);
        } else {
            buffer = bytes;
            owned = false;
            start = from;
            scanned = from;
            lineStart = from;
            length = to;
        }
        scan(events);
        if (length - start > maxEventBytes) {
            throw new IllegalStateException("An event of the stream is larger than " + maxEventBytes + " bytes.");
        }
        keepWhatIsCut();
    }

    private void scan(Consumer<SseEvent> events) {
        while (scanned < length) {
            if (afterCarriageReturn) {
                afterCarriageReturn = false;
                if (buffer[scanned] == '\n') {
                    scanned++;
                    lineStart = scanned; // the second half of a CRLF; it stays with what follows
                    continue;
                }
            }
            int end = lineEnd(buffer, scanned, length);
            if (end == length) {
                scanned = end;
                return;
            }
            scanned = end + 1;
            afterCarriageReturn = buffer[end] == '\r';
            if (endLine(end)) {
                takeLineFeed();
                events.accept(cut());
            }
        }
    }

    /** Where the line ends; eight bytes at a time are seen to hold no control character, hence no end. */
    private static int lineEnd(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            while (i + Long.BYTES <= to && holdsNoControl((long) EIGHT.get(bytes, i))) {
                i += Long.BYTES;
            }
            int stop = Math.min(to, i + Long.BYTES);
            while (i < stop) {
                if (bytes[i] == '\n' || bytes[i] == '\r') {
                    return i;
                }
                i++;
            }
        }
        return to;
    }

    private static boolean holdsNoControl(long eight) {
        return (eight - SPACES & ~eight & HIGH_BITS) == 0;
    }

    /** Once for all events of a piece: what is left moves to the beginning of a buffer of ours. */
    private void keepWhatIsCut() {
        int left = length - start;
        if (left > 0 && (start > 0 || !owned)) {
            if (own.length < left) {
                own = new byte[Math.max(INITIAL, left)];
            }
            System.arraycopy(buffer, start, own, 0, left);
        }
        buffer = left == 0 ? NOTHING : own;
        owned = left > 0;
        length = left;
        scanned -= start;
        lineStart -= start;
        dataStart -= start;
        dataEnd -= start;
        start = 0;
    }

    /** What is left when the sender has closed: bytes of an event that was never ended. */
    public Optional<byte[]> rest() {
        return length == 0 ? Optional.empty() : Optional.of(Arrays.copyOf(buffer, length));
    }

    private void append(byte[] bytes, int from, int to) {
        int size = to - from;
        if (length + size > own.length) {
            own = Arrays.copyOf(own, Math.max(own.length * 2, length + size));
            buffer = own;
        }
        System.arraycopy(bytes, from, own, length, size);
        length += size;
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
            type = type(valueStart(start + 5, end), end);
        }
        return false;
    }

    /** A stream has few types, and mostly the same as before. */
    private String type(int start, int end) {
        boolean again = lastType.length() == end - start;
        for (int i = start; again && i < end; i++) {
            again = buffer[i] == lastType.charAt(i - start);
        }
        if (!again) {
            lastType = new String(buffer, start, end - start, StandardCharsets.UTF_8);
        }
        return lastType;
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
        int moved = owned ? start : 0;
        byte[] bytes = owned ? Arrays.copyOfRange(buffer, start, scanned) : buffer;
        byte[] data = joined != null ? joined.toByteArray() : hasData ? bytes : null;
        SseEvent event = new SseEvent(bytes, start - moved, scanned - moved, type, data,
                joined != null ? 0 : dataStart - moved, joined != null ? data.length : dataEnd - moved);
        start = scanned;
        lineStart = scanned;
        hasData = false;
        joined = null;
        type = "";
        return event;
    }
}
