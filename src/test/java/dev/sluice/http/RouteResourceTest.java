package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Endpoint;
import dev.sluice.Refused;
import dev.sluice.dialect.Dialect;
import dev.sluice.CacheStatus.Nearest;
import dev.sluice.cache.CachePreview;
import io.smallrye.mutiny.Uni;
import dev.sluice.Caller;
import dev.sluice.Complexity;
import dev.sluice.Complexity.Feature;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Tier;
import dev.sluice.Wishes;
import dev.sluice.config.Settings;
import dev.sluice.scoring.Scorer;
import dev.sluice.routing.Router;
import dev.sluice.routing.TestRouters;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RouteResourceTest {
    private static final Model STRONG = model("strong", "10", "20", 100);
    private static final Model WEAK = model("weak", "1", "2", 10);
    private static final Settings SETTINGS = new Settings(null, null, Map.of(), Map.of("strong", STRONG, "weak", WEAK),
            new Settings.Routing(Set.of("auto"), Priority.LOW, Settings.Scorer.RULES, Optional.empty(),
                    List.of(new Tier("strong", Optional.of(Priority.HIGH), OptionalDouble.of(.5)),
                            new Tier("weak", Optional.empty(), OptionalDouble.empty()))),
            null, new Settings.Limits(Quota.UNLIMITED, Priority.CRITICAL, 1000, Settings.OnRedisFailure.OPEN,
                    Settings.OnRedisFailure.CLOSED, Duration.ZERO, 2500, 8000),
            null, Map.of(), Map.of());
    private static final Complexity COMPLEXITY = new Complexity(.25, OptionalDouble.of(.125));
    private static final Scorer SCORER = new Scorer() {
        @Override
        public Complexity score(String prompt) {
            return COMPLEXITY;
        }

        @Override
        public List<Feature> explain(String prompt) {
            return List.of(new Feature("asks why", .25));
        }
    };

    private final Router router = new Router(SETTINGS, (model, streamed) -> OptionalLong.empty());
    private final RouteResource resource = new RouteResource(null, SCORER, router,
            TestRouters.withoutConversations(router, SETTINGS),
            exchange -> Uni.createFrom().item(new CachePreview("miss",
                    Optional.of(new Nearest(.961, false, "opposite")))));

    @Test
    void explainsAChoice() {
        JsonNode json = explain("auto", Wishes.NONE);

        assertThat(json.get("complexity").doubleValue()).isEqualTo(.25);
        assertThat(json.get("p_worse").doubleValue()).isEqualTo(.125);
        assertThat(json.get("tier").textValue()).isEqualTo("default");
        assertThat(json.get("priority").textValue()).isEqualTo("low");
        assertThat(json.get("model").textValue()).isEqualTo("weak");
        BigDecimal estimated = new BigDecimal(json.get("estimated_cost_usd").textValue());
        assertThat(estimated).isBetween(new BigDecimal("0.002"), new BigDecimal("0.0021")); // 1,000 tokens out
        assertThat(new BigDecimal(json.get("baseline_cost_usd").textValue()))
                .isEqualByComparingTo(estimated.multiply(BigDecimal.TEN));
        assertThat(json.get("features").toString()).isEqualTo("[{\"name\":\"asks why\",\"weight\":0.25}]");
        assertThat(json.get("dropped")).isEmpty();
    }

    @Test
    void showsWhatTheCacheWouldDo() {
        JsonNode cache = explain("auto", Wishes.NONE).get("cache");

        assertThat(cache.get("lookup").textValue()).isEqualTo("miss");
        assertThat(cache.get("verdict").textValue()).isEqualTo("opposite");
        assertThat(cache.get("similarity").doubleValue()).isEqualTo(.961);
    }

    @Test
    void explainsAModelThatTheClientNames() {
        JsonNode json = explain("strong", Wishes.NONE);

        assertThat(json.get("tier").isNull()).isTrue();
        assertThat(json.get("baseline_cost_usd").isNull()).isTrue();
        assertThat(json.get("model").textValue()).isEqualTo("strong");
        assertThat(json.get("complexity").doubleValue()).isEqualTo(.25);
    }

    @Test
    void namesTheTiersThatWereDroppedAndWhy() {
        Wishes wishes = new Wishes(Optional.of(Priority.HIGH), Wishes.CacheWish.DEFAULT, OptionalDouble.empty(),
                Optional.empty(), OptionalLong.of(50));

        JsonNode json = explain("auto", wishes);

        assertThat(json.get("model").textValue()).isEqualTo("weak");
        assertThat(json.get("dropped").toString()).isEqualTo("[{\"tier\":\"high\",\"model\":\"strong\","
                + "\"reason\":\"its configured latency of 100 ms is above 50 ms\"}]");
    }

    @Test
    void refusesWhatTheRequestItselfWouldBeRefused() {
        assertThatThrownBy(() -> explain("other", Wishes.NONE)).isInstanceOfSatisfying(Refused.class,
                refused -> assertThat(refused.refusal().status()).isEqualTo(404));
    }

    private JsonNode explain(String model, Wishes wishes) {
        byte[] body = ("{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        Caller caller = new Caller("k", "t", Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
        return new ObjectMapper()
                .valueToTree(resource
                        .explain(Exchange.of("id", Dialect.of(Endpoint.CHAT_COMPLETIONS).read(body), caller, wishes))
                        .await().atMost(Duration.ofSeconds(10)));
    }

    private static Model model(String name, String input, String output, long latency) {
        return new Model(name, "sim", name, Optional.of(new Price(new BigDecimal(input), new BigDecimal(input),
                new BigDecimal(output))), latency, 0, List.of());
    }
}
