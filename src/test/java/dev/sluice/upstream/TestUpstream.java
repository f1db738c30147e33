package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Reply;
import dev.sluice.Stage.Next;
import dev.sluice.config.Settings;
import dev.sluice.tokens.PromptBound;
import dev.sluice.tokens.Tokenizers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The end of the way, fallbacks included, as the gateway chains it. */
final class TestUpstream implements AutoCloseable {
    final Vertx vertx = Vertx.vertx();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final ObservedLatencies latencies = new ObservedLatencies();

    private final Providers providers;

    TestUpstream(Settings.Provider... settings) {
        Map<String, Settings.Provider> byName = new LinkedHashMap<>();
        Tokenizers tokenizers = new Tokenizers(vertx);
        for (Settings.Provider provider : settings) {
            byName.put(provider.name(), provider);
        }
        providers = new Providers(byName, provider -> new VertxTransport(vertx, provider), latencies, 2048,
                new TokenCount(tokenizers, new PromptBound(tokenizers, 2500, 8000)), meters, vertx);
    }

    Next way() {
        UpstreamStage upstream = new UpstreamStage(providers);
        FallbackStage fallback = new FallbackStage();
        return exchange -> fallback.apply(exchange, last -> upstream.apply(last, null));
    }

    Reply serve(Exchange exchange) {
        return way().apply(exchange).await().atMost(Duration.ofSeconds(20));
    }

    /** Lets that much time pass for everybody. */
    void after(Duration time) {
        vertx.timer(time.toMillis(), TimeUnit.MILLISECONDS).toCompletionStage().toCompletableFuture().join();
    }

    ProviderState state() {
        return providers.states().get(0);
    }

    double attempts(String outcome) {
        return meters.get("sluice.upstream.attempts").tag("provider", "p").tag("outcome", outcome).counter().count();
    }

    @Override
    public void close() {
        providers.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
