package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.config.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.Replay;
import dev.sluice.translation.Untranslatable;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Answers without a network, the same to the same request, for trying things out. Which requests fail is a matter of
 * their bytes too, so that a fault can be shown twice.
 */
final class SimulatedProvider implements Provider {
    private static final Duration PER_WORD = Duration.ofMillis(20);

    private final Settings.Provider.Simulated settings;
    private final ProviderMeters meters;
    private final ObservedLatencies latencies;
    private final Vertx vertx;
    private final AtomicInteger inFlight = new AtomicInteger();

    SimulatedProvider(Settings.Provider.Simulated settings, ObservedLatencies latencies, MeterRegistry registry,
            Vertx vertx) {
        this.settings = settings;
        this.meters = new ProviderMeters(settings.name(), registry, System::nanoTime);
        this.latencies = latencies;
        this.vertx = vertx;
        ProviderMeters.showBreaker(settings.name(), () -> CircuitBreakerState.CLOSED, registry);
    }

    @Override
    public Uni<Reply> serve(Exchange exchange, Model model) {
        return exchange.reservation().beforeAttempt(model, false).flatMap(refusal -> refusal.isPresent()
                ? Uni.createFrom().item((Reply) refusal.get())
                : answer(exchange, model));
    }

    private Uni<Reply> answer(Exchange exchange, Model model) {
        return Uni.createFrom().emitter(emitter -> {
            long start = System.nanoTime();
            AtomicBoolean ended = new AtomicBoolean();
            inFlight.incrementAndGet();
            Runnable work = () -> {
                if (ended.compareAndSet(false, true)) {
                    emitter.complete(reply(exchange, model, start));
                }
            };
            if (settings.latency().toMillis() == 0) {
                work.run();
                return;
            }
            long timer = vertx.setTimer(settings.latency().toMillis(), fired -> work.run());
            emitter.onTermination(() -> {
                if (ended.compareAndSet(false, true)) {
                    vertx.cancelTimer(timer);
                    end(exchange, model, Outcome.CANCELLED, start);
                }
            });
        });
    }

    private Reply reply(Exchange exchange, Model model, long start) {
        SimulatedAnswer answer;
        try {
            answer = SimulatedAnswer.to(exchange.request(), model, exchange.reservation().outputBound());
        } catch (Untranslatable refused) {
            long nanos = end(exchange, model, Outcome.CLIENT_ERROR, start);
            return Refusal.invalid(refused.param().orElse(null), refused.getMessage())
                    .with(Receipt.failed(1, false, nanos));
        }
        boolean fault = answer.lot() < settings.faultRate();
        long nanos = end(exchange, model, fault ? Outcome.SERVER_ERROR : Outcome.SUCCESS, start);
        if (fault) {
            Reply refusal = Refusals.upstreamError(settings.name(), "simulates a fault", false);
            return refusal.with(Receipt.failed(1, false, nanos));
        }
        Receipt receipt = Receipt.servedBy(model, 1, answer.usage(), nanos);
        Receipt told = answer.cutShort() ? receipt.asCutShort() : receipt;
        return exchange.request().streamed()
                ? Replay.paced(Dialect.of(exchange.request().endpoint()), answer.events(exchange.request()), told,
                        vertx,
                        PER_WORD)
                : new Answer(200, "application/json", answer.body(), told).with(answer.finish());
    }

    private long end(Exchange exchange, Model model, Outcome outcome, long start) {
        long nanos = System.nanoTime() - start;
        inFlight.decrementAndGet();
        meters.ended(outcome, nanos);
        if (outcome == Outcome.SUCCESS) {
            latencies.record(model.name(), exchange.request().streamed(), nanos);
        }
        return nanos;
    }

    @Override
    public ProviderState state() {
        RecentCalls.Figures recent = meters.recent();
        return new ProviderState(settings.name(), "simulated", "closed", inFlight.get(), recent.p50Nanos(),
                recent.p99Nanos(), recent.errorRate());
    }

    @Override
    public void close() {
        // holds nothing
    }
}
