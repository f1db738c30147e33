package dev.sluice.cache;

import dev.sluice.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a stream has told so far, batch by batch: all of it up to a bound, beyond that only what not everybody has heard.
 * Batches are counted from the beginning of the stream. Not safe for several threads.
 */
final class Tape {
    private final int maxBytes;
    private final List<List<SseEvent>> kept = new ArrayList<>();
    /** Batches that were told before those that are kept. */
    private long forgotten;
    private long bytes;
    private boolean tooLong;

    /** @param maxBytes kept for who comes later */
    Tape(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    void add(List<SseEvent> batch) {
        kept.add(batch);
        bytes += size(batch);
        tooLong |= bytes > maxBytes;
    }

    private static long size(List<SseEvent> batch) {
        long size = 0;
        for (SseEvent event : batch) {
            size += event.length();
        }
        return size;
    }

    /** How many batches were told. */
    long told() {
        return forgotten + kept.size();
    }

    /** Whether its beginning need not be there any more. */
    boolean isTooLong() {
        return tooLong;
    }

    /** Whether what is kept has become so much that who has not heard it yet must be given up. */
    boolean isFull() {
        return bytes > 2L * maxBytes;
    }

    /** Whether the first batch that is kept has been heard by all and is not kept for who comes later. */
    boolean canForget(long leastHeard) {
        return tooLong && !kept.isEmpty() && leastHeard > forgotten;
    }

    void forgetFirst() {
        bytes -= size(kept.remove(0));
        forgotten++;
    }

    /** All that was told after so many batches, as one; null where that is nothing. */
    List<SseEvent> after(long heard) {
        int from = (int) (heard - forgotten);
        if (from == kept.size()) {
            return null;
        }
        return from == kept.size() - 1 ? kept.get(from) : joined(kept.subList(from, kept.size()));
    }

    /** Empty where not all of it is kept. */
    Optional<List<SseEvent>> all() {
        return tooLong ? Optional.empty() : Optional.of(joined(kept));
    }

    private static List<SseEvent> joined(List<List<SseEvent>> batches) {
        List<SseEvent> all = new ArrayList<>();
        batches.forEach(all::addAll);
        return all;
    }
}
