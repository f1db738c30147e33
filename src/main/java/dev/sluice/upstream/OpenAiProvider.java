package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Reply;
import dev.sluice.Reply.Refusal;
import dev.sluice.config.Settings;
import dev.sluice.translation.Untranslatable;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.Locale;

/** A provider that speaks OpenAI's or Anthropic's API over HTTP. */
final class OpenAiProvider implements Provider {
    private final Settings.Provider.OpenAi settings;
    private final Transport transport;
    private final Guards guards;
    private final Judge judge;
    private final ProviderMeters meters;
    private final ObservedLatencies latencies;
    private final long defaultBound;
    private final TokenCount tokens;
    private final Vertx vertx;

    OpenAiProvider(Settings.Provider.OpenAi settings, Transport transport, ObservedLatencies latencies,
            long defaultBound, TokenCount tokens, MeterRegistry registry, Vertx vertx) {
        this.settings = settings;
        this.transport = transport;
        this.guards = new Guards(settings);
        this.judge = new Judge(settings, Clock.systemUTC());
        this.meters = new ProviderMeters(settings.name(), registry, System::nanoTime);
        this.latencies = latencies;
        this.defaultBound = defaultBound;
        this.tokens = tokens;
        this.vertx = vertx;
        ProviderMeters.showBreaker(settings.name(), guards::breaker, registry);
    }

    @Override
    public Uni<Reply> serve(Exchange exchange, Model model) {
        return Uni.createFrom().deferred(() -> {
            try {
                return new ProviderCall(this, exchange, model, Speech.of(exchange.request(), model, settings)).run();
            } catch (Untranslatable e) {
                return Uni.createFrom().item(Refusal.invalid(e.param().orElse(null), e.getMessage()));
            }
        });
    }

    @Override
    public ProviderState state() {
        RecentCalls.Figures recent = meters.recent();
        return new ProviderState(settings.name(), settings.api().name().toLowerCase(Locale.ROOT),
                guards.breaker().name().toLowerCase(Locale.ROOT),
                guards.inFlight(), recent.p50Nanos(), recent.p99Nanos(), recent.errorRate());
    }

    void ended(Model model, Outcome outcome, long nanos) {
        meters.ended(outcome, nanos);
        if (outcome == Outcome.SUCCESS) {
            latencies.record(model.name(), nanos);
        }
    }

    Settings.Provider.OpenAi settings() {
        return settings;
    }

    Transport transport() {
        return transport;
    }

    Guards guards() {
        return guards;
    }

    Judge judge() {
        return judge;
    }

    long defaultBound() {
        return defaultBound;
    }

    TokenCount tokens() {
        return tokens;
    }

    Vertx vertx() {
        return vertx;
    }

    @Override
    public void close() {
        transport.close();
    }
}
