package dev.sluice.batch;

import java.util.Arrays;

/**
 * Cuts what arrives into lines, one at a time and only when asked: what is kept is one piece of the network's and one line
 * that has begun. A line that is too long is passed over without keeping it. Blank lines count and are left out.
 */
final class LineSplitter {
    private static final byte[] NOTHING = {};
    private static final int LEAST = 256;

    private final int limit;
    private byte[] piece = NOTHING;
    private int at;
    private byte[] begun = NOTHING;
    private int length;
    private boolean tooLong;
    private boolean ended;
    private long number;

    /**
     * A line.
     *
     * @param number from 1
     * @param bytes without the line feed; empty where it is too long
     */
    record Line(long number, byte[] bytes, boolean tooLong) {}

    /** @param limit the most bytes that a line may have */
    LineSplitter(int limit) {
        this.limit = limit;
    }

    /**
     * Takes the next piece, when {@link #next} has asked for one.
     *
     * @param bytes kept, not copied
     */
    void feed(byte[] bytes) {
        piece = bytes;
        at = 0;
    }

    /** Nothing comes after what was fed. */
    void end() {
        ended = true;
    }

    boolean ended() {
        return ended;
    }

    /** Null: the next piece is needed for that, or, after the end, there is no other line. */
    Line next() {
        while (at < piece.length) {
            int lineFeed = lineFeed();
            int until = lineFeed < 0 ? piece.length : lineFeed;
            keep(until);
            at = lineFeed < 0 ? until : until + 1;
            if (lineFeed >= 0) {
                Line line = take();
                if (line != null) {
                    return line;
                }
            }
        }
        piece = NOTHING;
        at = 0;
        return ended ? take() : null;
    }

    private int lineFeed() {
        for (int i = at; i < piece.length; i++) {
            if (piece[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private void keep(int until) {
        int more = until - at;
        if (tooLong || more > limit - length) {
            tooLong = true;
            begun = NOTHING;
            length = 0;
            return;
        }
        if (begun.length - length < more) {
            begun = Arrays.copyOf(begun, Math.max(length + more, Math.min(limit, Math.max(LEAST, 2 * begun.length))));
        }
        System.arraycopy(piece, at, begun, length, more);
        length += more;
    }

    private Line take() {
        number++;
        if (tooLong) {
            tooLong = false;
            return new Line(number, NOTHING, true);
        }
        Line line = isBlank() ? null : new Line(number, Arrays.copyOf(begun, length), false);
        begun = NOTHING;
        length = 0;
        return line;
    }

    private boolean isBlank() {
        for (int i = 0; i < length; i++) {
            if (begun[i] != ' ' && begun[i] != '\t' && begun[i] != '\r') {
                return false;
            }
        }
        return true;
    }
}
