package dev.sluice.upstream;

import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * How the latest calls went: a ring that writers fill without waiting for each other. What is older than ten minutes no
 * longer counts, so that a provider is not judged for ever by its worst hour.
 */
final class RecentCalls {
    private static final long NANOS_PER_UNIT = 10_000;
    private static final long MAX_UNITS = 0xffff_ffffL;
    private static final long FAILED = 1L << 32;
    private static final int TIME = 33;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long WINDOW_SECONDS = 600;

    private final AtomicLongArray ring;
    private final AtomicInteger written = new AtomicInteger();
    private final LongSupplier nanoTime;
    private final long startNanos;

    /**
     * @param size how many calls count at most
     * @param nanoTime {@link System#nanoTime()}, or a test's own
     */
    RecentCalls(int size, LongSupplier nanoTime) {
        this.ring = new AtomicLongArray(size);
        this.nanoTime = nanoTime;
        this.startNanos = nanoTime.getAsLong();
    }

    void record(long durationNanos, boolean failed) {
        long units = Math.min(MAX_UNITS, Math.max(0, durationNanos / NANOS_PER_UNIT));
        int place = Math.floorMod(written.getAndIncrement(), ring.length());
        ring.set(place, seconds() << TIME | (failed ? FAILED : 0) | units);
    }

    /** Seconds since the start, from 1: a word of the ring that is zero was never written. */
    private long seconds() {
        return (nanoTime.getAsLong() - startNanos) / NANOS_PER_SECOND + 1;
    }

    Figures figures() {
        long[] durations = new long[ring.length()];
        int successes = 0;
        int failures = 0;
        long oldest = Math.max(1, seconds() - WINDOW_SECONDS);
        for (int i = 0; i < ring.length(); i++) {
            long call = ring.get(i);
            if (call >>> TIME < oldest) {
                continue;
            }
            if ((call & FAILED) != 0) {
                failures++;
            } else {
                durations[successes++] = (call & MAX_UNITS) * NANOS_PER_UNIT;
            }
        }
        Arrays.sort(durations, 0, successes);
        return new Figures(successes, failures, rank(durations, successes, 0.5), rank(durations, successes, 0.99));
    }

    /** The nearest-rank percentile. */
    private static OptionalLong rank(long[] sorted, int count, double quantile) {
        if (count == 0) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(sorted[Math.max(0, (int) Math.ceil(quantile * count) - 1)]);
    }

    /** Counts and percentiles in nanoseconds; the latter over successful calls, empty where there was none. */
    record Figures(int successes, int failures, OptionalLong p50Nanos, OptionalLong p99Nanos) {

        /** 0..1; 0 where nothing was called. */
        double errorRate() {
            int calls = successes + failures;
            return calls == 0 ? 0 : (double) failures / calls;
        }
    }
}
