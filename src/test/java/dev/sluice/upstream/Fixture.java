package dev.sluice.upstream;

import dev.sluice.Caller;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Request;
import dev.sluice.Reservation;
import dev.sluice.Route;
import dev.sluice.Wishes;
import dev.sluice.config.Secret;
import dev.sluice.config.Settings;
import dev.sluice.json.Json;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Settings, models and exchanges as the tests of this room need them. */
final class Fixture {
    static final String HELLO = "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    static final String STREAM = "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    static final Settings.Retry QUICK = new Settings.Retry(3, Duration.ofMillis(2), Duration.ofSeconds(2));
    static final Settings.Breaker STEADY = new Settings.Breaker(0.5, 20, Duration.ofSeconds(10));

    private Fixture() {
    }

    static Settings.Provider.Remote provider(String name, URI baseUrl, int maxConcurrent, Duration timeout,
            Settings.Retry retry, Settings.Breaker breaker) {
        return new Settings.Provider.Remote(name, baseUrl, Optional.of(new Secret("sk-upstream")), Map.of(), Map.of(),
                "Authorization", timeout, timeout, timeout, maxConcurrent, 0, 0, retry, breaker);
    }

    static Settings.Provider.Remote provider(String name, URI baseUrl) {
        return provider(name, baseUrl, 16, Duration.ofSeconds(10), QUICK, STEADY);
    }

    /** At one dollar per million tokens, in and out. */
    static Model model(String name, String provider, String... fallbacks) {
        Price price = new Price(BigDecimal.ONE, BigDecimal.ONE, BigDecimal.ONE);
        return new Model(name, provider, name + "-upstream", Optional.of(price), 50, 128_000, List.of(fallbacks));
    }

    static Request request(String json) {
        return request(json, "Hello", 0, 1);
    }

    static Request request(String json, String prompt, long outputBound, int choices) {
        Json body = Json.parse(json.getBytes(StandardCharsets.UTF_8));
        return new Request(Endpoint.CHAT_COMPLETIONS, body, "auto", prompt, outputBound, choices,
                body.is(body.member(body.root(), "stream"), Json.Kind.TRUE));
    }

    static Exchange exchange(String json, Model model, Model... fallbacks) {
        Caller caller = new Caller("key", "tenant", Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
        return Exchange.of("req", request(json), caller, Wishes.NONE)
                .with(new Route(model, Optional.empty(), List.of(fallbacks), Optional.empty(), List.of()))
                .with(Reservation.NONE);
    }
}
