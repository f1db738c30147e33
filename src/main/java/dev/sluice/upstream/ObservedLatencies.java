package dev.sluice.upstream;

import dev.sluice.routing.Latencies;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * How long clients wait for models: for a whole answer until it is there, for a stream until its first event, which are
 * counted apart. How long a stream then lasts is left out: a client that reads slowly makes no model slower. As observed
 * by this replica over its latest successful calls, or where those are few, by the others as {@link SharedLatencies} last
 * heard of them.
 */
@Singleton
public final class ObservedLatencies implements Latencies {
    private static final int CALLS = 64;
    private static final int ENOUGH = 5;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Map<Calls, RecentCalls> recent = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;
    private volatile Map<Calls, Long> elsewhere = Map.of();

    @Inject
    ObservedLatencies() {
        this(System::nanoTime);
    }

    ObservedLatencies(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The calls of a model for whole answers, or for streams. */
    record Calls(String model, boolean streamed) {}

    void record(String model, boolean streamed, long nanos) {
        recent.computeIfAbsent(new Calls(model, streamed), first -> new RecentCalls(CALLS, nanoTime)).record(nanos,
                false);
    }

    /**
     * Median over the last 64 calls of the last ten minutes; where there were fewer than five, the other replicas' one;
     * empty where they have none either.
     */
    @Override
    public OptionalLong medianMillis(String model, boolean streamed) {
        Calls calls = new Calls(model, streamed);
        RecentCalls own = recent.get(calls);
        OptionalLong here = own == null ? OptionalLong.empty() : median(own.figures());
        if (here.isPresent()) {
            return here;
        }
        Long there = elsewhere.get(calls);
        return there == null ? OptionalLong.empty() : OptionalLong.of(there);
    }

    /** What this replica itself has seen enough of. */
    Map<Calls, Seen> seen() {
        Map<Calls, Seen> seen = new HashMap<>();
        recent.forEach((calls, own) -> {
            RecentCalls.Figures figures = own.figures();
            median(figures).ifPresent(millis -> seen.put(calls, new Seen(millis, figures.successes())));
        });
        return seen;
    }

    /** @param medians in milliseconds, over all other replicas */
    void heard(Map<Calls, Long> medians) {
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
