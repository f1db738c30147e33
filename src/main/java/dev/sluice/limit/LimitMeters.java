package dev.sluice.limit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** {@code sluice.limit.decisions} {scope, decision} and {@code sluice.limit.overruns}: usage above what was reserved. */
final class LimitMeters {
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

    private Counter counter(String scope, String decision) {
        return Counter.builder("sluice.limit.decisions").tag("scope", scope).tag("decision", decision)
                .register(registry);
    }
}
