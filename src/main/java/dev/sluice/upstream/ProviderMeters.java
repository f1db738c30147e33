package dev.sluice.upstream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The meters of one provider, looked up once. */
final class ProviderMeters {
    private static final int CALLS = 512;

    private final Map<Outcome, Counter> attempts = new EnumMap<>(Outcome.class);
    private final RecentCalls recent;

    ProviderMeters(String provider, MeterRegistry registry, LongSupplier nanoTime) {
        for (Outcome outcome : Outcome.values()) {
            attempts.put(outcome, Counter.builder("sluice.upstream.attempts").tag("provider", provider)
                    .tag("outcome", outcome.label()).register(registry));
        }
        recent = new RecentCalls(CALLS, nanoTime);
    }

    /** Shows a breaker as 0 (closed), 1 (half open) or 2 (open). */
    static void showBreaker(String provider, Supplier<CircuitBreakerState> breaker, MeterRegistry registry) {
        Gauge.builder("sluice.breaker.state", () -> switch (breaker.get()) {
            case CLOSED -> 0;
            case HALF_OPEN -> 1;
            case OPEN -> 2;
        }).tag("provider", provider).register(registry);
    }

    void ended(Outcome outcome, long nanos) {
        attempts.get(outcome).increment();
        if (outcome != Outcome.CANCELLED) { // who leaves early says nothing about the provider
            recent.record(nanos, outcome != Outcome.SUCCESS && outcome != Outcome.CLIENT_ERROR);
        }
    }

    RecentCalls.Figures recent() {
        return recent.figures();
    }
}
