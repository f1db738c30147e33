package dev.sluice.config;

import dev.sluice.config.Settings.Api;
import dev.sluice.config.Settings.Breaker;
import dev.sluice.config.Settings.Provider;
import dev.sluice.config.Settings.Retry;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads who serves models. The provider openai without a base URL and a key is not set up, and left out. */
final class ProviderReader {
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Duration HALF_MINUTE = Duration.ofSeconds(30);
    private static final Pattern VISIBLE_OR_SPACE = Pattern.compile("[ -~]+");
    private static final Pattern ANYTHING = Pattern.compile(".+");
    private static final String ANTHROPIC_URL = "https://api.anthropic.com/v1";
    private static final String ANTHROPIC_VERSION = "anthropic-version";
    private static final String LATEST_ANTHROPIC_VERSION = "2023-06-01";
    private static final List<String> ONLY_OVER_HTTP = List.of("base-url", "api-key", "auth-header", "timeout",
            "first-byte-timeout", "idle-timeout", "max-concurrent", "requests-per-minute", "tokens-per-minute",
            "headers",
            "query");
    private static final List<String> ONLY_SIMULATED = List.of("latency", "fault-rate");

    private final Section providers;
    private final List<String> warnings;

    ProviderReader(Section providers, List<String> warnings) {
        this.providers = providers;
        this.warnings = warnings;
    }

    /** Those that are set up, also where something about them is a fault, so that their models are not faults too. */
    Map<String, Provider> read() {
        Map<String, Provider> read = new LinkedHashMap<>();
        providers.children(Section.NAME)
                .forEach((name, section) -> provider(name, section).ifPresent(provider -> read.put(name, provider)));
        return read;
    }

    private Optional<Provider> provider(String name, Section section) {
        String type = section.text("type").orElse("openai");
        if (type.equals("simulated")) {
            refuse(section, ONLY_OVER_HTTP, "openai or anthropic");
            return Optional.of(new Provider.Simulated(name, section.notNegative("latency", Duration.ofMillis(50)),
                    section.fraction("fault-rate").orElse(0)));
        }
        refuse(section, ONLY_SIMULATED, "simulated");
        if (type.equals("anthropic")) {
            return Optional.of(anthropic(name, section));
        }
        if (!type.equals("openai")) {
            section.fault("type", type, "openai, anthropic or simulated", null);
        }
        boolean placeholder = name.equals(ShippedModels.PROVIDER) && !section.has("base-url")
                && !section.has("api-key");
        return placeholder ? Optional.empty() : Optional.of(openAi(name, section, type.equals("openai")));
    }

    private static void refuse(Section section, List<String> members, String type) {
        members.stream().filter(section::has).forEach(
                member -> section.fault(member,
                        "belongs to providers of the type " + type + ", which this one is not"));
    }

    private Provider openAi(String name, Section section, boolean known) {
        Optional<Secret> apiKey = section.secret("api-key");
        Map<String, String> headers = section.section("headers").entries(Section.HEADER_NAME, VISIBLE_OR_SPACE);
        Optional<URI> baseUrl = section.url("base-url");
        if (known && !section.has("base-url")) {
            section.fault("base-url", "is missing: expected the URL of an OpenAI-compatible API, such as"
                    + " https://api.openai.com/v1");
        } else if (apiKey.isEmpty() && headers.isEmpty()) {
            warnings.add(section.key("api-key") + " is not set: requests go out without a key");
        }
        return overHttp(name, Api.OPENAI, section, baseUrl.orElse(null), apiKey, headers, "Authorization");
    }

    private Provider anthropic(String name, Section section) {
        Optional<Secret> apiKey = section.secret("api-key");
        Map<String, String> headers = section.section("headers").entries(Section.HEADER_NAME, VISIBLE_OR_SPACE);
        if (apiKey.isEmpty() && headers.isEmpty()) {
            warnings.add(section.key("api-key") + " is not set: requests go out without a key");
        }
        Map<String, String> versioned = new LinkedHashMap<>(headers);
        if (headers.keySet().stream().noneMatch(ANTHROPIC_VERSION::equalsIgnoreCase)) {
            versioned.put(ANTHROPIC_VERSION, LATEST_ANTHROPIC_VERSION);
        }
        URI baseUrl = section.has("base-url")
                ? section.url("base-url").orElse(null)
                : URI.create(ANTHROPIC_URL);
        return overHttp(name, Api.ANTHROPIC, section, baseUrl, apiKey, versioned, "x-api-key");
    }

    private static Provider overHttp(String name, Api api, Section section, URI baseUrl, Optional<Secret> apiKey,
            Map<String, String> headers, String authHeader) {
        return new Provider.Remote(name, api, baseUrl, apiKey, headers,
                section.section("query").entries(Section.HEADER_NAME, ANYTHING),
                section.name("auth-header", Section.HEADER_NAME, authHeader), section.positive("timeout", MINUTE),
                section.positive("first-byte-timeout", HALF_MINUTE), section.positive("idle-timeout", HALF_MINUTE),
                section.count("max-concurrent", 256, 1), section.whole("requests-per-minute", 0, 0),
                section.whole("tokens-per-minute", 0, 0), retry(section.section("retry")),
                breaker(section.section("breaker")));
    }

    private static Retry retry(Section section) {
        Duration base = section.positive("base-delay", Duration.ofSeconds(1));
        Duration most = section.duration("max-delay", base.compareTo(HALF_MINUTE) > 0 ? base : HALF_MINUTE,
                value -> value.compareTo(base) >= 0, "a duration that is no shorter than base-delay");
        return new Retry(section.count("max-attempts", 3, 1), base, most);
    }

    private static Breaker breaker(Section section) {
        double ratio = section.fraction("failure-ratio").orElse(0.5);
        if (ratio == 0) {
            section.fault("failure-ratio", "0", "a number above 0: the breaker would open without a failure", null);
        }
        return new Breaker(ratio, section.count("request-volume", 20, 1),
                section.positive("delay", Duration.ofSeconds(10)));
    }
}
