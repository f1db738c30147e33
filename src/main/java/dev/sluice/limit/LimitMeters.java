package dev.sluice.limit;

import dev.sluice.Money;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * {@code sluice.limit.decisions} {scope, decision} and {@code sluice.limit.overruns}: usage above what was reserved; and
 * the part of {@code sluice.cost} that belongs to no reply.
 */
final class LimitMeters {
    private static final double NANOS_PER_USD = 1e9;

    private final MeterRegistry registry;
    private final Map<String, Counter> decisions = new ConcurrentHashMap<>();
    private final Counter granted;
    private final Counter clamped;
    private final Counter overruns;

    LimitMeters(MeterRegistry registry) {
        this.registry = registry;
        this.granted = counter("key", "granted");
        this.clamped = counter("key", "clamped");
        this.overruns = Counter.builder("sluice.limit.overruns")
                .description("requests that used more than was reserved for them").register(registry);
    }

    void granted(boolean lowered) {
        (lowered ? clamped : granted).increment();
    }

    /** @param decision what stood in the way */
    void refused(String scope, Decision.Kind decision) {
        counted(scope, decision.name());
    }

    void counted(String scope, String decision) {
        decisions.computeIfAbsent(scope + ' ' + decision, key -> counter(scope, decision.toLowerCase(Locale.ROOT)))
                .increment();
    }

    void overrun() {
        overruns.increment();
    }

    /** What a call cost whose client had gone, or a part of it: no reply tells the ledger. */
    void paid(String model, Money cost) {
        if (cost.nanos() > 0) {
            Counter.builder("sluice.cost").description("What providers were paid, in USD").tag("model", model)
                    .register(registry).increment(cost.nanos() / NANOS_PER_USD);
        }
    }

    private Counter counter(String scope, String decision) {
        return Counter.builder("sluice.limit.decisions").tag("scope", scope).tag("decision", decision)
                .register(registry);
    }
}
