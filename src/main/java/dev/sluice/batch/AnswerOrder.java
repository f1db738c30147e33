package dev.sluice.batch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Lets answers go as lines finish, or in the order of the lines. In order, what finishes early has to wait, and no more
 * than {@link #window} lines, or answers of about {@value #MOST_BYTES} bytes, get ahead of the one that is waited for.
 */
final class AnswerOrder {
    private static final int MOST_BYTES = 8 << 20;
    private static final int WINDOW_PER_SLOT = 4;

    private final boolean ordered;
    private final int window;
    private final Consumer<byte[]> out;
    private final Deque<Place> places = new ArrayDeque<>();
    private long waiting;

    /** Where the answer of a line belongs. */
    static final class Place {
        private byte[] answer;
    }

    /** @param concurrent how many lines may be under way at once */
    AnswerOrder(boolean ordered, int concurrent, Consumer<byte[]> out) {
        this.ordered = ordered;
        this.window = WINDOW_PER_SLOT * concurrent;
        this.out = out;
    }

    boolean hasRoom() {
        return places.size() < window && waiting < MOST_BYTES;
    }

    /** The next line's. */
    Place place() {
        Place place = new Place();
        if (ordered) {
            places.add(place);
        }
        return place;
    }

    void fill(Place place, byte[] answer) {
        if (!ordered) {
            out.accept(answer);
            return;
        }
        place.answer = answer;
        waiting += answer.length;
        while (!places.isEmpty() && places.peek().answer != null) {
            byte[] next = places.poll().answer;
            waiting -= next.length;
            out.accept(next);
        }
    }
}
