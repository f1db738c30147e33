package dev.sluice.dialect;

/** Collects what a stream tells, within bounds. */
final class ToldText {
    private static final int MOST_CHARS = 1 << 19;

    private final StringBuilder text = new StringBuilder();
    private long length;

    void add(String piece) {
        length += piece.length();
        int room = MOST_CHARS - text.length();
        if (room > 0) {
            text.append(piece, 0, Math.min(room, piece.length()));
        }
    }

    Told told() {
        return new Told(text.toString(), length);
    }
}
