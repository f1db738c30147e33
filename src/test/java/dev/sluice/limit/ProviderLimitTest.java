package dev.sluice.limit;

import static dev.sluice.limit.World.MODEL;
import static dev.sluice.limit.World.answer;
import static dev.sluice.limit.World.answering;
import static dev.sluice.limit.World.calling;
import static dev.sluice.limit.World.refused;
import static dev.sluice.limit.World.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.Caller;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Stage.Next;
import dev.sluice.Usage;
import dev.sluice.Wishes;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.OnRedisFailure;
import dev.sluice.config.Settings.Provider;
import dev.sluice.redis.TestRedis;
import io.smallrye.mutiny.subscription.Cancellable;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProviderLimitTest {
    private static final Usage USAGE = new Usage(10, 0, 7);
    private static final AtomicInteger NAMES = new AtomicInteger();

    private static TestRedis redis;

    private final String provider = "limited" + NAMES.incrementAndGet();
    private final Model model = new Model("m", provider, "m", MODEL.price(), 0, 0, List.of());

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    private World world(long requestsPerMinute, long tokensPerMinute, Duration maxWait) {
        Provider limited = new Provider.Remote(provider, URI.create("http://localhost"), Optional.empty(), Map.of(),
                Map.of(), "Authorization", Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1), 10,
                requestsPerMinute, tokensPerMinute, new Settings.Retry(1, Duration.ZERO, Duration.ZERO),
                new Settings.Breaker(1, 10, Duration.ZERO));
        return new World(redis, tenant -> World.settings(Map.of(), OnRedisFailure.OPEN, OnRedisFailure.CLOSED, maxWait,
                Map.of(provider, limited)));
    }

    private Exchange exchange(Caller caller, long outputBound) {
        return World.exchange(caller, model, request("hello", outputBound));
    }

    private Exchange exchange(Caller caller, Priority priority) {
        Exchange plain = exchange(caller, 10);
        Wishes wishes = new Wishes(Optional.of(priority), plain.wishes().cache(), plain.wishes().threshold(),
                plain.wishes().maxCost(), plain.wishes().maxLatencyMs());
        return Exchange.of("r", plain.request(), caller, wishes).with(plain.route());
    }

    private JsonNode state(World world) {
        return world.state(world.store.keys().provider(provider, "limit:provider"));
    }

    @Test
    void aProviderThatIsFullRefusesAndNoGrantSurvives() {
        World world = world(1, 0, Duration.ZERO);
        Caller caller = world.caller("k", World.RATES);
        world.serve(exchange(caller, 10), answering(USAGE));
        world.awaitSettled(caller);

        Refusal refusal = refused(world.serve(exchange(caller, 10), answering(USAGE)));

        assertThat(refusal.status()).isEqualTo(429);
        assertThat(refusal.code()).contains("rate_limit_exceeded");
        assertThat(refusal.retryAfterSeconds().orElse(0)).isBetween(30L, 60L);
        assertThat(refusal.message()).contains(provider);
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("requestsIn").asLong()).isEqualTo(2);
        assertThat(world.scope("key:k").path("requests").asLong()).as("only the first counts")
                .isLessThanOrEqualTo(Levels.PER_UNIT);
    }

    @Test
    void anotherProviderMayAnswerInItsPlace() {
        World world = world(1, 0, Duration.ZERO);
        Caller caller = world.caller("k", World.RATES);
        world.serve(exchange(caller, 10), answering(USAGE));
        Next next = exchange -> exchange.reservation().beforeAttempt(model, false)
                .invoke(full -> assertThat(full.orElseThrow().status()).as("lets the fallback stage go on")
                        .isEqualTo(503))
                .chain(() -> exchange.reservation().beforeAttempt(MODEL, false))
                .map(free -> free.isPresent() ? free.get() : answer(MODEL, 1, USAGE));

        assertThat(world.serve(exchange(caller, 10), next)).isInstanceOf(Answer.class);
    }

    @Test
    void tokensThatWereNotUsedComeBackToTheProvider() {
        World world = world(0, 1_000, Duration.ZERO);
        Caller caller = world.caller("k", Quota.UNLIMITED);

        for (int i = 0; i < 10; i++) {
            assertThat(world.serve(exchange(caller, 800), answering(USAGE))).isInstanceOf(Answer.class);
            World.await("the rest came back", () -> world.leases(provider) == 0);
        }

        Refusal tooLarge = refused(world.serve(exchange(caller, 1_001), answering(USAGE)));
        assertThat(tooLarge.code()).contains("insufficient_quota");
        assertThat(tooLarge.retryAfterSeconds()).isEmpty();
    }

    @Test
    void theOutputBoundIsSentAlongWhereTheProviderLimitsTokens() {
        World world = world(0, 10_000, Duration.ZERO);

        world.serve(exchange(world.caller("k", Quota.UNLIMITED), 0), calling(exchange -> {
            assertThat(exchange.reservation().outputBound()).isEqualTo(2048);
            return answer(model, 1, USAGE);
        }));
    }

    @Test
    void whatWasAdmittedAndNotSentComesBack() {
        World world = world(1, 0, Duration.ZERO);
        Caller caller = world.caller("k", Quota.UNLIMITED);
        Refusal open = Refusal.of(503, "server_error", "circuit_open", "The provider is left alone.");

        world.serve(exchange(caller, 10), calling(exchange -> open));

        World.await("the request came back", () -> state(world).path("requests").asLong() == 0);
        assertThat(world.serve(exchange(caller, 10), answering(USAGE))).isInstanceOf(Answer.class);
    }

    @Test
    void aBilledAttemptStaysChargedToTheProvider() {
        World world = world(0, 100_000, Duration.ZERO);
        Caller caller = world.caller("k", Quota.UNLIMITED);
        Next next = exchange -> exchange.reservation().beforeAttempt(model, false)
                .chain(() -> exchange.reservation().beforeAttempt(model, true))
                .map(go -> answer(model, 2, USAGE).with(answer(model, 2, USAGE).receipt()
                        .after(Receipt.failed(0, true, 0))));

        world.serve(exchange(caller, 5_000), next);

        World.await("both are settled", () -> world.leases(provider) == 0);
        assertThat(state(world).path("tokensIn").asLong()).isEqualTo(2 * 5_015);
        assertThat(state(world).path("tokens").asLong()).isBetween(1L, 5_032 * Levels.PER_UNIT);
    }

    @Test
    void requestsWaitUntilTheProviderHasRoom() {
        World world = world(60, 0, Duration.ofSeconds(30));
        Caller caller = world.caller("k", Quota.UNLIMITED);
        fill(world, caller, 60);

        long start = System.nanoTime();
        assertThat(world.serve(exchange(caller, 10), answering(USAGE))).isInstanceOf(Answer.class);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        assertThat(world.serve(exchange(caller, 10), answering(USAGE))).isInstanceOf(Answer.class);
    }

    @Test
    void theHighestPriorityGoesFirst() {
        World world = world(60, 0, Duration.ofSeconds(60));
        Caller caller = world.caller("k", Quota.UNLIMITED);
        fill(world, caller, 60);
        List<Priority> served = new CopyOnWriteArrayList<>();

        for (Priority priority : List.of(Priority.LOW, Priority.LOW, Priority.HIGH, Priority.CRITICAL,
                Priority.MEDIUM)) {
            world.stage.apply(exchange(caller, priority), calling(exchange -> {
                served.add(priority);
                return answer(model, 1, USAGE);
            })).subscribe().with(reply -> {});
        }

        World.await("all were served", () -> served.size() == 5);
        // Whoever came while nobody waited yet may have asked before the others.
        assertThat(served.subList(1, 5)).isSortedAccordingTo((a, b) -> b.compareTo(a));
    }

    @Test
    void whoWaitsTooLongIsRefused() {
        World world = world(1, 1_000, Duration.ofMillis(300));
        Caller caller = world.caller("k", Quota.UNLIMITED);
        world.serve(exchange(caller, 900), calling(exchange -> answer(model, 1, new Usage(15, 0, 900))));

        long start = System.nanoTime();
        Refusal hopeless = refused(world.serve(exchange(caller, 10), answering(USAGE)));

        assertThat(hopeless.code()).contains("rate_limit_exceeded");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).as("a minute is longer than it may wait")
                .isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void whoLeavesTheQueueHoldsNothing() {
        World world = world(60, 0, Duration.ofSeconds(60));
        Caller caller = world.caller("k", World.RATES);
        fill(world, world.caller("other", Quota.UNLIMITED), 60);
        AtomicInteger called = new AtomicInteger();

        Cancellable waiting = world.stage.apply(exchange(caller, 10), calling(exchange -> {
            called.incrementAndGet();
            return answer(model, 1, USAGE);
        })).subscribe().with(reply -> {});
        waiting.cancel();

        world.awaitSettled(caller);
        assertThat(called).hasValue(0);
        World.await("the provider's leases have ended", () -> world.leases(provider) == 0);
    }

    /** Uses the whole minute up. */
    private void fill(World world, Caller caller, int requests) {
        for (int i = 0; i < requests; i++) {
            Reply reply = world.serve(exchange(caller, 10), answering(USAGE));
            assertThat(reply).isInstanceOf(Answer.class);
        }
    }
}
