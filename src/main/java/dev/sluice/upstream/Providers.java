package dev.sluice.upstream;

import dev.sluice.Model;
import dev.sluice.config.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The configured providers, each with connections, guards and meters of its own. */
@Singleton
public final class Providers {
    private final Map<String, Provider> byName = new LinkedHashMap<>();

    @Inject
    Providers(Settings settings, ObservedLatencies latencies, TokenCount tokens, MeterRegistry registry, Vertx vertx) {
        this(settings.providers(), provider -> new RestTransport(vertx, provider), latencies,
                settings.limits().defaultMaxTokens(), tokens, registry, vertx);
        vertx.executeBlocking(() -> { // beside the rest of the start
            byName.values().forEach(Provider::prepare);
            return null;
        });
    }

    /** @param defaultBound output tokens where neither the client nor a limit says, and the provider wants to know */
    Providers(Map<String, Settings.Provider> settings, Function<Settings.Provider.Remote, Transport> transports,
            ObservedLatencies latencies, long defaultBound, TokenCount tokens, MeterRegistry registry, Vertx vertx) {
        settings.forEach((name, provider) -> byName.put(name,
                provider instanceof Settings.Provider.Remote remote
                        ? new RemoteProvider(remote, transports.apply(remote), latencies, defaultBound, tokens,
                                registry, vertx)
                        : new SimulatedProvider((Settings.Provider.Simulated) provider, latencies, registry, vertx)));
    }

    Provider of(Model model) {
        return byName.get(model.provider());
    }

    /** How they are doing, in the order of the configuration. */
    public List<ProviderState> states() {
        return byName.values().stream().map(Provider::state).toList();
    }

    @PreDestroy
    void close() {
        byName.values().forEach(Provider::close);
    }
}
