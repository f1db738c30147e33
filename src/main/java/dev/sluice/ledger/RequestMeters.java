package dev.sluice.ledger;

import dev.sluice.Exchange;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.config.Settings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What every request adds to the meters. A meter is looked up once for each combination of labels and then kept, because
 * a look-up in the registry costs more than everything else that is done here. Labels are bounded by the configuration:
 * a model that is not in it is {@code -}.
 * <p>
 * The names below {@code gen_ai} and their buckets are those of OpenTelemetry's semantic conventions for generative AI;
 * they count only what a provider was asked for.
 */
@Singleton
final class RequestMeters {
    private static final int USES = CacheUse.values().length;
    private static final int OUTCOMES = Outcome.values().length;
    private static final double NANOS_PER_USD = 1e9;
    private static final Duration[] OVERHEAD_BUCKETS = { Duration.ofNanos(250_000), Duration.ofNanos(500_000),
            Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(3), Duration.ofMillis(5),
            Duration.ofMillis(10), Duration.ofMillis(25), Duration.ofMillis(100), Duration.ofSeconds(1)};
    private static final double[] TOKEN_BUCKETS = { 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576};
    private static final Duration[] DURATION_BUCKETS = { Duration.ofMillis(10), Duration.ofMillis(20),
            Duration.ofMillis(40), Duration.ofMillis(80), Duration.ofMillis(160), Duration.ofMillis(320),
            Duration.ofMillis(640), Duration.ofMillis(1280), Duration.ofMillis(2560), Duration.ofMillis(5120),
            Duration.ofMillis(10240), Duration.ofMillis(20480), Duration.ofMillis(40960), Duration.ofMillis(81920)};

    private final MeterRegistry registry;
    private final Set<String> askable;
    private final Timer overhead;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Map<String, OfModel> models = new ConcurrentHashMap<>();

    @Inject
    RequestMeters(MeterRegistry registry, Settings settings) {
        this(registry, askable(settings));
    }

    RequestMeters(MeterRegistry registry, Set<String> askable) {
        this.registry = registry;
        this.askable = askable;
        this.overhead = Timer.builder("sluice.overhead").description("The gateway's own time, upstream excluded")
                .serviceLevelObjectives(OVERHEAD_BUCKETS).register(registry);
        Gauge.builder("sluice.requests.in_flight", inFlight, AtomicInteger::get)
                .description("Requests that have come and whose last byte has not gone, streams among them")
                .register(registry);
    }

    void began() {
        inFlight.incrementAndGet();
    }

    /** Once for each that began, whatever came of it. */
    void ended() {
        inFlight.decrementAndGet();
    }

    private static Set<String> askable(Settings settings) {
        Set<String> names = new HashSet<>(settings.models().keySet());
        names.addAll(settings.routing().autoNames());
        return names;
    }

    /** When the reply, or its head, is there. */
    void overhead(Exchange exchange, Receipt receipt, long nowNanos) {
        overhead.record(Math.max(0, nowNanos - exchange.receivedNanos() - receipt.upstreamNanos()),
                TimeUnit.NANOSECONDS);
    }

    void count(Exchange exchange, Receipt receipt, Outcome outcome) {
        OfModel model = of(receipt.model().map(served -> served.name()).orElse(Row.NO_MODEL));
        CacheUse use = CacheUse.of(receipt);
        model.requests(use, outcome).increment();
        add(model.cost, receipt.cost());
        add(model.savedByCache, receipt.savedByCache());
        add(model.savedByRouting, receipt.savedByRouting());
        if (receipt.attempts() > 0 && use.hit() == null) {
            model.calls(exchange.request().model()).count(receipt, outcome);
        }
    }

    /** A request that ended without a reply. */
    void countWithoutReply(Outcome outcome) {
        of(Row.NO_MODEL).requests(CacheUse.BYPASS, outcome).increment();
    }

    /** A counter cannot fall: what routing to a dearer model cost is in the accounts only. */
    private static void add(Counter counter, Money amount) {
        if (amount.nanos() > 0) {
            counter.increment(amount.nanos() / NANOS_PER_USD);
        }
    }

    private OfModel of(String model) {
        OfModel meters = models.get(model);
        return meters != null ? meters : models.computeIfAbsent(model, OfModel::new);
    }

    /** Meters whose {@code model} is the one that served. */
    private final class OfModel {
        private final String model;
        private final Counter cost;
        private final Counter savedByCache;
        private final Counter savedByRouting;
        /** Filled as needed; two threads that fill the same place find the same counter in the registry. */
        private final Counter[] requests = new Counter[USES * OUTCOMES];
        private final Map<String, Calls> calls = new ConcurrentHashMap<>();

        OfModel(String model) {
            this.model = model;
            this.cost = Counter.builder("sluice.cost").description("What providers were paid, in USD")
                    .tag("model", model).register(registry);
            this.savedByCache = saved("cache");
            this.savedByRouting = saved("routing");
        }

        private Counter saved(String by) {
            return Counter.builder("sluice.saved").description("What was not paid, in USD").tag("model", model)
                    .tag("by", by).register(registry);
        }

        Counter requests(CacheUse use, Outcome outcome) {
            int place = use.ordinal() * OUTCOMES + outcome.ordinal();
            Counter counter = requests[place];
            if (counter == null) {
                counter = Counter.builder("sluice.requests").description("Requests that came to an end")
                        .tag("model", model).tag("cache", use.label()).tag("outcome", outcome.label())
                        .register(registry);
                requests[place] = counter;
            }
            return counter;
        }

        Calls calls(String asked) {
            String label = askable.contains(asked) ? asked : Row.NO_MODEL;
            Calls known = calls.get(label);
            return known != null ? known : calls.computeIfAbsent(label, name -> new Calls(name, model));
        }
    }

    /** Meters of requests that a provider was asked for. */
    private final class Calls {
        private final DistributionSummary input;
        private final DistributionSummary output;
        private final Timer duration;

        Calls(String asked, String served) {
            this.input = tokens("input", asked, served);
            this.output = tokens("output", asked, served);
            this.duration = Timer.builder("gen_ai.client.operation.duration")
                    .description("Time spent waiting for providers, retries included")
                    .tag("gen_ai.operation.name", "chat").tag("gen_ai.request.model", asked)
                    .tag("gen_ai.response.model", served).serviceLevelObjectives(DURATION_BUCKETS).register(registry);
        }

        private DistributionSummary tokens(String type, String asked, String served) {
            return DistributionSummary.builder("gen_ai.client.token.usage").description("Tokens of one request")
                    .tag("gen_ai.token.type", type).tag("gen_ai.request.model", asked)
                    .tag("gen_ai.response.model", served).serviceLevelObjectives(TOKEN_BUCKETS).register(registry);
        }

        void count(Receipt receipt, Outcome outcome) {
            duration.record(receipt.upstreamNanos(), TimeUnit.NANOSECONDS);
            if (outcome == Outcome.SUCCESS || receipt.usage().totalTokens() > 0) {
                input.record(receipt.usage().inputTokens());
                output.record(receipt.usage().outputTokens());
            }
        }
    }
}
