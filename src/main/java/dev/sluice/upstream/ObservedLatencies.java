package dev.sluice.upstream;

import dev.sluice.routing.Latencies;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * How long models take for a whole answer: as observed by this replica over its latest successful calls, or where those
 * are few, by the others as {@link SharedLatencies} last heard of them.
 */
@Singleton
public final class ObservedLatencies implements Latencies {
    private static final int CALLS = 64;
    private static final int ENOUGH = 5;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Map<String, RecentCalls> byModel = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;
    private volatile Map<String, Long> elsewhere = Map.of();

    @Inject
    ObservedLatencies() {
        this(System::nanoTime);
    }

    ObservedLatencies(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    void record(String model, long nanos) {
        byModel.computeIfAbsent(model, name -> new RecentCalls(CALLS, nanoTime)).record(nanos, false);
    }

    /**
     * Median over the last 64 calls of the last ten minutes; where there were fewer than five, the other replicas' one;
     * empty where they have none either.
     */
    @Override
    public OptionalLong medianMillis(String model) {
        RecentCalls calls = byModel.get(model);
        OptionalLong here = calls == null ? OptionalLong.empty() : median(calls.figures());
        if (here.isPresent()) {
            return here;
        }
        Long there = elsewhere.get(model);
        return there == null ? OptionalLong.empty() : OptionalLong.of(there);
    }

    /** What this replica itself has seen enough of. */
    Map<String, Seen> seen() {
        Map<String, Seen> seen = new TreeMap<>();
        byModel.forEach((model, calls) -> {
            RecentCalls.Figures figures = calls.figures();
            median(figures).ifPresent(millis -> seen.put(model, new Seen(millis, figures.successes())));
        });
        return seen;
    }

    /** @param medians in milliseconds by model, over all other replicas */
    void heard(Map<String, Long> medians) {
        elsewhere = Map.copyOf(medians);
    }

    private static OptionalLong median(RecentCalls.Figures figures) {
        return figures.successes() < ENOUGH
                ? OptionalLong.empty()
                : OptionalLong.of(Math.round((double) figures.p50Nanos().getAsLong() / NANOS_PER_MILLI));
    }

    /** A median in milliseconds, and over how many calls. */
    record Seen(long millis, int calls) {}
}
