package dev.sluice.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Caller;
import dev.sluice.Complexity;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.Route;
import dev.sluice.Route.Dropped;
import dev.sluice.Tier;
import dev.sluice.Usage;
import dev.sluice.Wishes;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.config.Settings;
import dev.sluice.json.Json;
import io.smallrye.mutiny.Uni;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutingStageTest {
    private static final Model SONNET = model("claude-sonnet-4.5", "15", "75", 150, 200_000, "gpt-4.1");
    private static final Model GPT = model("gpt-4.1", "8", "24", 120, 1_000_000, "claude-sonnet-4.5");
    private static final Model GEMINI = model("gemini-2.5-flash", "2.50", "10", 45, 1_000_000, "deepseek-v3.2");
    private static final Model DEEPSEEK = model("deepseek-v3.2", "0.42", "2.10", 35, 128_000, "gemini-2.5-flash");
    private static final Caller ANYBODY = caller(Priority.CRITICAL, "*");

    private Latencies latencies = (model, streamed) -> OptionalLong.empty();

    @ParameterizedTest
    @CsvSource({ "low, 0, deepseek-v3.2, default", "low, .4, deepseek-v3.2, default",
            "low, .41, gemini-2.5-flash, medium", "low, .7, gemini-2.5-flash, medium", "low, .71, gpt-4.1, high",
            "low, .9, gpt-4.1, high", "low, .91, claude-sonnet-4.5, critical", "medium, 0, gemini-2.5-flash, medium",
            "medium, .8, gpt-4.1, high", "high, 0, gpt-4.1, high", "critical, 0, claude-sonnet-4.5, critical"})
    void theFirstTierThatMatchesIsChosen(String priority, double complexity, String model, String tier) {
        Route route = routed(auto(complexity, wishes(priority)));

        assertThat(route.model().name()).isEqualTo(model);
        assertThat(route.tier()).contains(tier);
        assertThat(route.baseline()).contains(SONNET);
        assertThat(route.dropped()).isEmpty();
    }

    @Test
    void theModelAskedForIsServedWithItsFallbacks() {
        Route route = routed(exchange("gpt-4.1", "", ANYBODY, Wishes.NONE));

        assertThat(route).isEqualTo(
                new Route(GPT, Optional.empty(), List.of(SONNET), Optional.empty(), List.of()));
    }

    @Test
    void anUnknownModelIsNotFound() {
        Refusal refusal = refused(exchange("gpt-9", "", ANYBODY, Wishes.NONE));

        assertThat(refusal.status()).isEqualTo(404);
        assertThat(refusal.code()).contains("model_not_found");
        assertThat(refusal.param()).contains("model");
        assertThat(refusal.message()).contains("gpt-9");
    }

    @Test
    void aModelThatTheKeyMayNotUseIsForbiddenAndNoFallbackEither() {
        Caller caller = caller(Priority.CRITICAL, "gemini-2.5-flash");

        Refusal refusal = refused(exchange("gpt-4.1", "", caller, Wishes.NONE));
        Route allowed = routed(exchange("gemini-2.5-flash", "", caller, Wishes.NONE));

        assertThat(refusal.status()).isEqualTo(403);
        assertThat(refusal.type()).isEqualTo("permission_error");
        assertThat(allowed.fallbacks()).isEmpty();
    }

    @Test
    void tiersThatTheKeyMayNotUseAreDropped() {
        Caller caller = caller(Priority.CRITICAL, "gpt-4.1", "gemini-2.5-flash");

        Route hard = routed(exchange("auto", "", caller, Wishes.NONE).with(complexity(.95)));
        Route easy = routed(exchange("auto", "", caller, Wishes.NONE).with(complexity(.1)));
        Refusal none = refused(exchange("auto", "", caller(Priority.LOW, "other"), Wishes.NONE));

        assertThat(hard.model()).isEqualTo(GPT);
        assertThat(easy.model()).isEqualTo(GEMINI);
        assertThat(easy.dropped()).extracting(Dropped::model).containsExactly("claude-sonnet-4.5", "deepseek-v3.2");
        assertThat(none.status()).isEqualTo(403);
    }

    @Test
    void aKeyThatMayAskForAChoiceMayUseWhatIsChosenAndNothingByName() {
        Caller caller = caller(Priority.CRITICAL, "auto");

        Route chosen = routed(exchange("auto", "", caller, Wishes.NONE).with(complexity(.75)));

        assertThat(chosen.model()).isEqualTo(GPT);
        assertThat(chosen.dropped()).isEmpty();
        assertThat(refused(exchange("gpt-4.1", "", caller, Wishes.NONE)).status()).isEqualTo(403);
    }

    @Test
    void thePriorityComesFromTheHeaderElseFromTheMetadataAndIsLoweredToTheKeysOwn() {
        String metadata = ",\"metadata\":{\"priority\":\"high\"}";

        assertThat(routed(exchange("auto", metadata, ANYBODY, Wishes.NONE).with(complexity(0))).model())
                .isEqualTo(GPT);
        assertThat(routed(exchange("auto", metadata, ANYBODY, wishes("medium")).with(complexity(0))).model())
                .isEqualTo(GEMINI);
        assertThat(routed(exchange("auto", metadata, caller(Priority.MEDIUM, "*"), Wishes.NONE).with(complexity(0)))
                .model()).isEqualTo(GEMINI);
        assertThat(routed(exchange("auto", ",\"metadata\":{\"priority\":\"P1\"}", ANYBODY, Wishes.NONE)
                .with(complexity(0))).model()).isEqualTo(DEEPSEEK);
    }

    @Test
    void theCheapestTierThatFitsTakesThePlaceOfOneThatCostsTooMuch() {
        // given 1,000 output tokens: 0.075 on sonnet, 0.024 on gpt, 0.01 on gemini, 0.0021 on deepseek, and the prompt
        String bound = ",\"max_tokens\":1000";

        Route enough = routed(costing(bound, "0.08", .95));
        Route tooLittle = routed(costing(bound, "0.03", .95));
        Refusal far = refused(costing(bound, "0.002", .95));

        assertThat(enough.model()).isEqualTo(SONNET);
        assertThat(tooLittle.model()).isEqualTo(DEEPSEEK);
        assertThat(tooLittle.dropped()).singleElement().satisfies(dropped -> {
            assertThat(dropped.model()).isEqualTo("claude-sonnet-4.5");
            assertThat(dropped.reason()).contains("is above $0.03");
        });
        assertThat(far.status()).isEqualTo(400);
        assertThat(far.code()).contains("max_cost_exceeded");
        assertThat(far.message()).contains("deepseek-v3.2", "$0.002");
    }

    @Test
    void everyChoiceCountsAndSoDoesTheDefaultBoundWhereTheClientGivesNone() {
        assertThat(routed(costing("", "0.0044", 0)).model()).isEqualTo(DEEPSEEK); // 2,048 tokens at 2.10: 0.0043
        assertThat(refused(costing("", "0.0043", 0)).code()).contains("max_cost_exceeded");
        assertThat(refused(costing(",\"n\":2", "0.0044", 0)).code()).contains("max_cost_exceeded");
    }

    @Test
    void aModelAskedForThatCostsTooMuchIsRefused() {
        Wishes wishes = new Wishes(Optional.empty(), CacheWish.DEFAULT, OptionalDouble.empty(),
                Optional.of(usd("0.001")), OptionalLong.empty());

        assertThat(refused(exchange("gpt-4.1", "", ANYBODY, wishes)).code()).contains("max_cost_exceeded");
    }

    @Test
    void slowerTiersAreDropped() {
        Route fast = routed(auto(.95, faster(50)));
        Refusal none = refused(auto(.95, faster(34)));

        assertThat(fast.model()).isEqualTo(GEMINI);
        assertThat(fast.dropped()).containsExactly(
                new Dropped("critical", "claude-sonnet-4.5", "its configured latency of 150 ms is above 50 ms"),
                new Dropped("high", "gpt-4.1", "its configured latency of 120 ms is above 50 ms"));
        assertThat(none.status()).isEqualTo(400);
        assertThat(none.code()).contains("max_latency_exceeded");
    }

    @Test
    void aMeasuredLatencyCountsInsteadOfTheConfiguredOne() {
        latencies = (model, streamed) -> model.equals("gemini-2.5-flash") ? OptionalLong.of(51) : OptionalLong.empty();

        Route route = routed(auto(.95, faster(50)));

        assertThat(route.model()).isEqualTo(DEEPSEEK);
        assertThat(route.dropped())
                .contains(new Dropped("medium", "gemini-2.5-flash", "its measured latency of 51 ms is above 50 ms"));
    }

    @Test
    void aRequestBeyondTheContextWindowGoesToTheNextTierThatFits() {
        String words = "word ".repeat(150_000);

        Route up = routed(asking(words, 0));
        Route down = routed(asking(words.repeat(2), .95));
        Refusal nowhere = refused(asking(words.repeat(10), 0));

        assertThat(up.model()).isEqualTo(GEMINI);
        assertThat(up.fallbacks()).isEmpty();
        assertThat(up.dropped()).singleElement().satisfies(d -> assertThat(d.reason()).contains("128000"));
        assertThat(down.model()).isEqualTo(GPT);
        assertThat(nowhere.status()).isEqualTo(400);
        assertThat(nowhere.code()).contains("context_length_exceeded");
    }

    @Test
    void savingsAreTheDifferenceToTheBaselineAtTheSameTokens() {
        Usage usage = new Usage(1000, 0, 100);
        Reply reply = reply(auto(0, Wishes.NONE), answer(Receipt.servedBy(DEEPSEEK, 1, usage, 0)));

        assertThat(reply.receipt().cost()).isEqualTo(usd("0.00063"));
        assertThat(reply.receipt().savedByRouting()).isEqualTo(usd("0.0225").minus(usd("0.00063")));
        assertThat(reply.receipt().tier()).contains("default");
        assertThat(reply.receipt().complexity()).hasValue(0);
    }

    @Test
    void nothingIsSavedByRoutingWhereTheCacheAnsweredOrTheClientNamedTheModel() {
        Usage usage = new Usage(1000, 0, 100);
        Receipt hit = Receipt.fromCache(DEEPSEEK, usage, new CacheStatus.ExactHit(1, 1));

        assertThat(reply(auto(0, Wishes.NONE), answer(hit)).receipt().savedByRouting()).isEqualTo(Money.ZERO);
        assertThat(reply(exchange("deepseek-v3.2", "", ANYBODY, Wishes.NONE),
                answer(Receipt.servedBy(DEEPSEEK, 1, usage, 0))).receipt().savedByRouting()).isEqualTo(Money.ZERO);
    }

    private Route routed(Exchange exchange) {
        Exchange[] seen = new Exchange[1];
        stage().apply(exchange, handedOn -> {
            seen[0] = handedOn;
            return Uni.createFrom().item(answer(Receipt.NONE));
        }).await().atMost(Duration.ofSeconds(1));
        assertThat(seen[0]).as("handed on").isNotNull();
        return seen[0].route();
    }

    private Refusal refused(Exchange exchange) {
        Reply reply = stage().apply(exchange, handedOn -> {
            throw new AssertionError("handed on to " + handedOn.route());
        }).await().atMost(Duration.ofSeconds(1));
        assertThat(reply).isInstanceOf(Refusal.class);
        return (Refusal) reply;
    }

    private Reply reply(Exchange exchange, Reply reply) {
        return stage().apply(exchange, handedOn -> Uni.createFrom().item(reply)).await()
                .atMost(Duration.ofSeconds(1));
    }

    private RoutingStage stage() {
        Router router = new Router(settings(), latencies);
        return new RoutingStage(new ConversationRouter(router, new Conversations(null, settings())));
    }

    static Settings settings() {
        List<Tier> tiers = List.of(
                new Tier("claude-sonnet-4.5", Optional.of(Priority.CRITICAL), OptionalDouble.of(.9)),
                new Tier("gpt-4.1", Optional.of(Priority.HIGH), OptionalDouble.of(.7)),
                new Tier("gemini-2.5-flash", Optional.of(Priority.MEDIUM), OptionalDouble.of(.4)),
                new Tier("deepseek-v3.2", Optional.empty(), OptionalDouble.empty()));
        Map<String, Model> models = Stream.of(SONNET, GPT, GEMINI, DEEPSEEK)
                .collect(Collectors.toMap(Model::name, Function.identity()));
        return new Settings(null, null, Map.of(), models,
                new Settings.Routing(Set.of("auto"), Priority.LOW, Settings.Scorer.RULES,
                        Optional.of("claude-sonnet-4.5"), tiers),
                null, new Settings.Limits(Quota.UNLIMITED, Priority.CRITICAL, 2048, Settings.OnRedisFailure.OPEN,
                        Settings.OnRedisFailure.CLOSED, Duration.ZERO, 2500, 8000),
                null, Map.of(), Map.of());
    }

    private static Model model(String name, String input, String output, long latency, long window, String fallback) {
        return new Model(name, "sim", name, Optional.of(new Price(new BigDecimal(input), new BigDecimal(input),
                new BigDecimal(output))), latency, window, List.of(fallback));
    }

    private static Caller caller(Priority bound, String... models) {
        return new Caller("k", "t", Quota.UNLIMITED, false, bound, Set.of(models));
    }

    private static Wishes wishes(String priority) {
        return new Wishes(Priority.of(priority), CacheWish.DEFAULT, OptionalDouble.empty(), Optional.empty(),
                OptionalLong.empty());
    }

    private static Wishes faster(long millis) {
        return new Wishes(Optional.empty(), CacheWish.DEFAULT, OptionalDouble.empty(), Optional.empty(),
                OptionalLong.of(millis));
    }

    private static Exchange auto(double complexity, Wishes wishes) {
        return exchange("auto", "", ANYBODY, wishes).with(complexity(complexity));
    }

    private static Exchange costing(String members, String maxCost, double complexity) {
        return exchange("auto", members, ANYBODY, new Wishes(Optional.empty(), CacheWish.DEFAULT,
                OptionalDouble.empty(), Optional.of(usd(maxCost)), OptionalLong.empty())).with(complexity(complexity));
    }

    private static Exchange asking(String prompt, double complexity) {
        return exchange("auto", prompt, "", ANYBODY, Wishes.NONE).with(complexity(complexity));
    }

    private static Exchange exchange(String model, String members, Caller caller, Wishes wishes) {
        return exchange(model, "Hello there", members, caller, wishes);
    }

    private static Exchange exchange(String model, String prompt, String members, Caller caller, Wishes wishes) {
        Json body = Json.parse(("{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt
                + "\"}]" + members + "}").getBytes(StandardCharsets.UTF_8));
        Request request = new Request(Endpoint.CHAT_COMPLETIONS, body, model, prompt,
                body.count(0, "max_tokens", 0), (int) body.count(0, "n", 1));
        return Exchange.of("id", request, caller, wishes);
    }

    private static Complexity complexity(double score) {
        return new Complexity(score, OptionalDouble.empty());
    }

    private static Answer answer(Receipt receipt) {
        return new Answer(200, "application/json", "{}".getBytes(StandardCharsets.UTF_8), receipt);
    }

    private static Money usd(String amount) {
        return Money.ofUsd(new BigDecimal(amount));
    }
}
