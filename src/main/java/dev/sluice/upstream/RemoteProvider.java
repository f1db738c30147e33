package dev.sluice.upstream;

import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.Api;
import dev.sluice.json.Json;
import dev.sluice.translation.Untranslatable;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.Locale;

/** A provider that speaks OpenAI's or Anthropic's API over HTTP. */
final class RemoteProvider implements Provider {
    private static final int OK = 200;

    private final Settings.Provider.Remote settings;
    private final Transport transport;
    private final Guards guards;
    private final Judge judge;
    private final ProviderMeters meters;
    private final ObservedLatencies latencies;
    private final long defaultBound;
    private final TokenCount tokens;
    private final Vertx vertx;
    private volatile boolean lacksResponses;
    private volatile boolean lacksStreamOptions;

    RemoteProvider(Settings.Provider.Remote settings, Transport transport, ObservedLatencies latencies,
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
    public void prepare() {
        transport.prepare();
        guards.prepare();
    }

    @Override
    public Uni<Reply> serve(Exchange exchange, Model model) {
        return Uni.createFrom().deferred(() -> {
            boolean lacking = lacksResponses;
            Uni<Reply> reply = call(exchange, model, lacking);
            return lacking || exchange.request().endpoint() != Endpoint.RESPONSES || settings.api() != Api.OPENAI
                    ? reply
                    : reply.flatMap(answer -> MissingPath.isToldBy(answer)
                            ? translated(exchange, model, answer)
                            : Uni.createFrom().item(answer));
        });
    }

    private Uni<Reply> call(Exchange exchange, Model model, boolean lacking) {
        try {
            Speech speech = Speech.of(exchange.request(), model, settings, lacking);
            Uni<Reply> reply = new ProviderCall(this, exchange, model, speech, !lacksStreamOptions).run();
            return lacksStreamOptions || !addsStreamOptions(exchange.request(), speech)
                    ? reply
                    : reply.flatMap(answer -> RefusedMember.isToldBy(answer, Outbound.STREAM_OPTIONS)
                            ? withoutStreamOptions(exchange, model, speech, answer)
                            : Uni.createFrom().item(answer));
        } catch (Untranslatable e) {
            return Uni.createFrom().item(Refusal.invalid(e.param().orElse(null), e.getMessage()));
        }
    }

    /** Whether a stream's request gets options that its client has not written. */
    private static boolean addsStreamOptions(Request request, Speech speech) {
        return request.streamed() && speech.provider().endpoint() == Endpoint.CHAT_COMPLETIONS
                && (request.endpoint() != Endpoint.CHAT_COMPLETIONS
                        || request.body().member(request.body().root(), Outbound.STREAM_OPTIONS) == Json.NONE);
    }

    /** Some refuse members that they do not know (Mistral, older versions of Azure's API). Believed like the next. */
    private Uni<Reply> withoutStreamOptions(Exchange exchange, Model model, Speech speech, Reply inVain) {
        return new ProviderCall(this, exchange, model, speech, false).run().map(reply -> {
            if (reply.status() == OK) {
                lacksStreamOptions = true;
            }
            return after(inVain, reply);
        });
    }

    /** Many who speak OpenAI's API have chat completions only. That is believed once these have been answered. */
    private Uni<Reply> translated(Exchange exchange, Model model, Reply inVain) {
        return call(exchange, model, true).map(reply -> {
            if (reply.status() == OK) {
                lacksResponses = true;
            }
            return after(inVain, reply);
        });
    }

    private static Reply after(Reply inVain, Reply reply) {
        Receipt spent = inVain.receipt();
        return reply.amend(receipt -> receipt.after(
                Receipt.failed(spent.attempts(), spent.maybeBilled(), spent.upstreamNanos())));
    }

    @Override
    public ProviderState state() {
        RecentCalls.Figures recent = meters.recent();
        return new ProviderState(settings.name(), settings.api().name().toLowerCase(Locale.ROOT),
                guards.breaker().name().toLowerCase(Locale.ROOT),
                guards.inFlight(), recent.p50Nanos(), recent.p99Nanos(), recent.errorRate());
    }

    /** @param nanos until the whole answer was there, or the first event of a stream; or until there was none */
    void ended(Model model, boolean streamed, Outcome outcome, long nanos) {
        meters.ended(outcome, nanos);
        if (outcome == Outcome.SUCCESS) {
            latencies.record(model.name(), streamed, nanos);
        }
    }

    Settings.Provider.Remote settings() {
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
