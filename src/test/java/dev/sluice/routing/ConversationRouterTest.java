package dev.sluice.routing;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.sluice.Reply.End;
import dev.sluice.Reply.Stream;
import dev.sluice.Request;
import dev.sluice.Tier;
import dev.sluice.Wishes;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.config.Settings;
import dev.sluice.json.Json;
import dev.sluice.redis.Await;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ConversationRouterTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    /** Half of the price is off for what the provider has in its prompt cache. */
    private static final Model STRONG = model("strong", "10", "5", "10.1");
    private static final Model MIDDLE = model("middle", "9", "9", "10");
    private static final Model WEAK = model("weak", "8", "8", "10");
    private static final Settings SETTINGS = settings(Duration.ofHours(1));
    private static final String LONG = "word ".repeat(2_000);

    private static TestRedis redis;
    private static SharedStore store;
    private static int tenants;

    private final String tenant = "tenant-" + tenants++;
    private final ConversationRouter router = router(SETTINGS);
    private final List<String> messages = new ArrayList<>();
    private int turns;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        store = redis.store();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Test
    void anEasierTurnKeepsTheModelWhileTheSavingIsBelowTheDiscountThatWouldBeLost() {
        turn(LONG, .95);

        Stay stay = decide("and?", .1).stay().orElseThrow();

        assertThat(turn("and?", .1)).isEqualTo(STRONG);
        assertThat(stay.kept()).isTrue();
        assertThat(stay.alone()).isEqualTo(WEAK);
        assertThat(stay.saving()).isGreaterThan(Money.ZERO).isLessThan(stay.discount());
        // half of the price of about 2,000 tokens
        assertThat(stay.discount()).isBetween(usd("0.0095"), usd("0.0110"));
        assertThat(stay.reason()).isEqualTo("the saving does not exceed the prompt-cache discount that would be lost");
    }

    @Test
    void anEasierTurnGoesDownWhereItSavesMoreThanTheDiscount() {
        turn("short", .95);

        Stay stay = decide(LONG, .1).stay().orElseThrow();

        assertThat(turn(LONG, .1)).isEqualTo(WEAK);
        assertThat(stay.kept()).isFalse();
        assertThat(stay.saving()).isGreaterThan(stay.discount());
        assertThat(stay.reason()).isEqualTo("the saving exceeds the prompt-cache discount that is lost");
    }

    @Test
    void aHarderTurnGoesUp() {
        turn("short", .1);

        assertThat(decide("hard", .95).stay().orElseThrow().reason()).isEqualTo("this turn asks for a higher tier");
        assertThat(turn("hard", .95)).isEqualTo(STRONG);
    }

    @Test
    void aConversationThatHasChangedItsModelNeverGoesDownAgain() {
        List<Model> models = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            models.add(turn(LONG.substring(0, 20), .95));
            models.add(turn(LONG, .1));
        }

        assertThat(models).containsExactly(STRONG, WEAK, STRONG, STRONG, STRONG, STRONG, STRONG, STRONG);
    }

    @Test
    void aConversationThatWentUpStaysThere() {
        assertThat(turn("easy", .1)).isEqualTo(WEAK);
        assertThat(turn("harder", .6)).isEqualTo(MIDDLE);
        assertThat(turn(LONG, .1)).isEqualTo(MIDDLE);
        assertThat(turn("hardest", .95)).isEqualTo(STRONG);
        assertThat(turn(LONG, .1)).isEqualTo(STRONG);
    }

    @Test
    void callsOfToolsBelongToTheTurn() {
        turn(LONG, .95);
        messages.remove(messages.size() - 1);
        messages.add("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\"}]}");
        messages.add("{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"42\"}");

        assertThat(decided(exchange(.1, Wishes.NONE)).route().model()).isEqualTo(STRONG);
    }

    @Test
    void blanksAndMarksForThePromptCacheDoNotTellTurnsApart() {
        turn(LONG, .95);
        String first = messages.get(0);
        messages.set(0,
                first.replace("\"role\":\"user\",", "\"role\" : \"user\", \"cache_control\":{\"type\":\"x\"},"));

        assertThat(decide("and?", .1).route().model()).isEqualTo(STRONG);
    }

    @Test
    void anotherBeginningIsAnotherConversationAndSoIsAnotherTenants() {
        turn(LONG, .95);

        List<String> mine = List.copyOf(messages);
        messages.set(0, message("user", "something else"));
        assertThat(decide("and?", .1).stay()).isEmpty();
        messages.clear();
        messages.addAll(mine);
        messages.add(message("user", "and?"));
        Decision other = router.decide(exchange("another tenant", .1, Wishes.NONE)).await().atMost(PATIENCE);
        assertThat(((Decision.Routed) other).stay()).isEmpty();
    }

    @Test
    void aModelThatIsTooSlowForThisTurnIsLeft() {
        turn(LONG, .95);
        messages.add(message("user", "quick!"));

        Decision.Routed decision = decided(exchange(.1, new Wishes(Optional.empty(), CacheWish.DEFAULT,
                OptionalDouble.empty(), Optional.empty(), OptionalLong.of(50))));

        assertThat(decision.route().model()).isEqualTo(WEAK);
        assertThat(decision.stay().orElseThrow().reason())
                .isEqualTo("the conversation's model may not or cannot serve this turn");
    }

    @Test
    void aDryRunIsNotRemembered() {
        messages.add(message("user", LONG));
        decided(exchange(.95, Wishes.NONE));
        messages.add(message("assistant", "well"));

        assertThat(decide("and?", .1).stay()).isEmpty();
    }

    @Test
    void aTurnThatWasNotServedIsNotRemembered() {
        messages.add(message("user", LONG));
        serve(exchange(.95, Wishes.NONE), Reply.Refusal.of(503, "overloaded", "overloaded", "Later."));
        messages.add(message("assistant", "well"));

        assertThat(decide("and?", .1).stay()).isEmpty();
    }

    @Test
    void aFirstTurnAndAModelAskedForByNameWaitForNothing() {
        ConversationRouter blind = new ConversationRouter(
                new Router(SETTINGS, (model, streamed) -> OptionalLong.empty()),
                new Conversations(null, SETTINGS));
        messages.add(message("user", "first"));

        assertThat(blind.decide(exchange(.1, Wishes.NONE)).await().atMost(PATIENCE)).isNotNull();
        messages.add(message("assistant", "well"));
        messages.add(message("user", "second"));
        Exchange named = exchange("weak", tenant, .1, Wishes.NONE);
        assertThat(blind.decide(named).await().atMost(PATIENCE)).isNotNull();
    }

    @Test
    void withoutRedisEveryTurnIsOnItsOwn() {
        try (TestRedis dead = TestRedis.start()) {
            ConversationRouter cut = new ConversationRouter(
                    new Router(SETTINGS, (model, streamed) -> OptionalLong.empty()),
                    new Conversations(dead.store(Duration.ofMillis(200)), SETTINGS));
            dead.stop();
            messages.add(message("user", LONG));
            messages.add(message("assistant", "well"));
            messages.add(message("user", "and?"));

            Decision decision = cut.decide(exchange(.1, Wishes.NONE)).await().atMost(PATIENCE);

            assertThat(((Decision.Routed) decision).route().model()).isEqualTo(WEAK);
        }
    }

    @Test
    void whatIsRememberedIsForgottenInTime() {
        turn("short", .95);

        List<Long> left = new ArrayList<>();
        remembered().forEach(
                key -> left.add(store.call(Command.PTTL, key.toString()).await().atMost(PATIENCE).toLong()));

        assertThat(left).singleElement().satisfies(millis -> assertThat(millis).isBetween(3_000_000L, 3_600_000L));
    }

    @Test
    void aStreamIsRememberedWhenItHasEndedWell() {
        messages.add(message("user", LONG));
        AtomicReference<UnaryOperator<End>> ending = new AtomicReference<>();
        Stream stream = new Stream(200, "text/event-stream", then -> {
            ending.set(then);
            return Multi.createFrom().empty();
        }, Receipt.NONE);

        ((Stream) serve(exchange(.95, Wishes.NONE), stream)).source().tell(end -> end).collect().asList().await()
                .atMost(PATIENCE);
        messages.add(message("assistant", "well"));
        Optional<Stay> before = decide("and?", .1).stay();
        ending.get().apply(new End(Optional.of(Reply.Refusal.of(502, "e", "e", "Broken.")), false, Receipt.NONE));
        Optional<Stay> afterFailure = decide("and?", .1).stay();
        ending.get().apply(new End(Optional.empty(), false, Receipt.NONE));
        turns++;
        awaitMemory();

        assertThat(before).isEmpty();
        assertThat(afterFailure).isEmpty();
        assertThat(decide("and?", .1).route().model()).isEqualTo(STRONG);
    }

    /** A turn that is served; the conversation goes on after it. */
    private Model turn(String says, double complexity) {
        messages.add(message("user", says));
        Model[] chosen = new Model[1];
        new RoutingStage(router).apply(exchange(complexity, Wishes.NONE), exchange -> {
            chosen[0] = exchange.route().model();
            return Uni.createFrom().item(answer());
        }).await().atMost(PATIENCE);
        messages.add(message("assistant", "well"));
        turns++;
        awaitMemory();
        return chosen[0];
    }

    /** The gateway itself does not wait for a turn to be remembered. */
    private void awaitMemory() {
        Await.until(PATIENCE, () -> remembered().size() >= turns);
    }

    private Response remembered() {
        return store.call(Command.KEYS, "test:v1:{t:" + tenant + "}:conversation:*").await().atMost(PATIENCE);
    }

    /** What the next turn would be given. */
    private Decision.Routed decide(String says, double complexity) {
        messages.add(message("user", says));
        try {
            return decided(exchange(complexity, Wishes.NONE));
        } finally {
            messages.remove(messages.size() - 1);
        }
    }

    private Decision.Routed decided(Exchange exchange) {
        return (Decision.Routed) router.decide(exchange).await().atMost(PATIENCE);
    }

    private Reply serve(Exchange exchange, Reply reply) {
        return new RoutingStage(router).apply(exchange, handedOn -> Uni.createFrom().item(reply)).await()
                .atMost(PATIENCE);
    }

    private Exchange exchange(double complexity, Wishes wishes) {
        return exchange(tenant, complexity, wishes);
    }

    private Exchange exchange(String of, double complexity, Wishes wishes) {
        return exchange("auto", of, complexity, wishes);
    }

    private Exchange exchange(String model, String of, double complexity, Wishes wishes) {
        Json body = Json.parse(("{\"model\":\"" + model + "\",\"max_tokens\":10,\"messages\":["
                + String.join(",", messages) + "]}").getBytes(StandardCharsets.UTF_8));
        Caller caller = new Caller("k", of, Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
        return Exchange.of("id", new Request(Endpoint.CHAT_COMPLETIONS, body, model, "", 10, 1), caller, wishes)
                .with(new Complexity(complexity, OptionalDouble.empty()));
    }

    private static ConversationRouter router(Settings settings) {
        return new ConversationRouter(new Router(settings, (model, streamed) -> OptionalLong.empty()),
                new Conversations(store, settings));
    }

    private static String message(String role, String content) {
        return "{\"role\":\"" + role + "\",\"content\":\"" + content + "\"}";
    }

    private static Reply answer() {
        return new Answer(200, "application/json", "{}".getBytes(StandardCharsets.UTF_8), Receipt.NONE);
    }

    private static Settings settings(Duration ttl) {
        return new Settings(null, null, Map.of(), Map.of("strong", STRONG, "middle", MIDDLE, "weak", WEAK),
                new Settings.Routing(Set.of("auto"), Priority.LOW, Settings.Scorer.RULES, Optional.of("strong"),
                        List.of(tier("strong", Priority.HIGH, .9), tier("middle", Priority.MEDIUM, .5),
                                new Tier("weak", Optional.empty(), OptionalDouble.empty())),
                        ttl),
                null, new Settings.Limits(Quota.UNLIMITED, Priority.CRITICAL, 2048, Settings.OnRedisFailure.OPEN,
                        Settings.OnRedisFailure.CLOSED, Duration.ZERO, 2500, 8000),
                null, Map.of(), Map.of());
    }

    private static Tier tier(String model, Priority priority, double above) {
        return new Tier(model, Optional.of(priority), OptionalDouble.of(above));
    }

    private static Model model(String name, String input, String cached, String output) {
        long latency = name.equals("strong") ? 100 : 10;
        return new Model(name, "sim", name, Optional.of(new Price(new BigDecimal(input), new BigDecimal(cached),
                new BigDecimal(output))), latency, 0, List.of());
    }

    private static Money usd(String dollars) {
        return Money.ofUsd(new BigDecimal(dollars));
    }
}
