package dev.sluice.config;

import dev.sluice.config.Settings.Breaker;
import dev.sluice.config.Settings.Provider;
import dev.sluice.config.Settings.Retry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads who serves models. A provider of type openai without a base URL is not set up, and left out. */
final class ProviderReader {
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Duration HALF_MINUTE = Duration.ofSeconds(30);

    private final Section providers;

    ProviderReader(Section providers) {
        this.providers = providers;
    }

    Map<String, Provider> read() {
        Map<String, Provider> read = new LinkedHashMap<>();
        providers.children(Section.NAME).forEach((name, section) -> {
            Provider provider = switch (section.text("type").orElse("openai")) {
                case "openai" -> openAi(name, section);
                case "simulated" -> new Provider.Simulated(name, section.notNegative("latency", Duration.ofMillis(50)),
                        section.fraction("fault-rate").orElse(0));
                default -> section.fault("type", section.text("type").orElse(""), "openai or simulated", null);
            };
            if (provider != null) {
                read.put(name, provider);
            }
        });
        return read;
    }

    private Provider openAi(String name, Section section) {
        Provider provider = new Provider.OpenAi(name, section.url("base-url").orElse(null), section.secret("api-key"),
                section.section("headers").entries(), section.section("query").entries(),
                section.text("auth-header").orElse("Authorization"), section.positive("timeout", MINUTE),
                section.positive("first-byte-timeout", HALF_MINUTE), section.positive("idle-timeout", HALF_MINUTE),
                section.count("max-concurrent", 256, 1), section.whole("requests-per-minute", 0, 0),
                section.whole("tokens-per-minute", 0, 0), retry(section.section("retry")),
                breaker(section.section("breaker")));
        boolean shippedPlaceholder = name.equals(ShippedModels.PROVIDER);
        if (section.text("base-url").isEmpty()) {
            if (!shippedPlaceholder) {
                section.fault("base-url", "is missing");
            }
            return null;
        }
        return provider;
    }

    private Retry retry(Section section) {
        return new Retry(section.count("max-attempts", 3, 1), section.positive("base-delay", Duration.ofSeconds(1)),
                section.positive("max-delay", HALF_MINUTE));
    }

    private Breaker breaker(Section section) {
        return new Breaker(section.fraction("failure-ratio").orElse(0.5), section.count("request-volume", 20, 1),
                section.positive("delay", Duration.ofSeconds(10)));
    }
}
