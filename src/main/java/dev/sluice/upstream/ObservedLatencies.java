package dev.sluice.upstream;

import dev.sluice.routing.Latencies;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** How long models take for a whole answer, as observed by this replica over its latest successful calls. */
@Singleton
public final class ObservedLatencies implements Latencies {
    private static final int CALLS = 64;
    private static final int ENOUGH = 5;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Map<String, RecentCalls> byModel = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

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

    /** Median over the last 64 calls of the last ten minutes; empty where there were fewer than five. */
    @Override
    public OptionalLong medianMillis(String model) {
        RecentCalls calls = byModel.get(model);
        if (calls == null) {
            return OptionalLong.empty();
        }
        RecentCalls.Figures figures = calls.figures();
        return figures.successes() < ENOUGH
                ? OptionalLong.empty()
                : OptionalLong.of(Math.round((double) figures.p50Nanos().getAsLong() / NANOS_PER_MILLI));
    }
}
