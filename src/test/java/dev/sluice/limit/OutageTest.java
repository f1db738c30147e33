package dev.sluice.limit;

import static dev.sluice.limit.World.MODEL;
import static dev.sluice.limit.World.PRICE;
import static dev.sluice.limit.World.answer;
import static dev.sluice.limit.World.answering;
import static dev.sluice.limit.World.blocking;
import static dev.sluice.limit.World.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Money;
import dev.sluice.Quota;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Usage;
import dev.sluice.config.Settings.OnRedisFailure;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Redis stops, hangs, comes back empty, or takes no more writes. */
class OutageTest {
    private static final Usage USAGE = new Usage(10, 0, 7);
    private static final Money COST = PRICE.cost(USAGE);
    private static final Quota RATES = new Quota(60, 0, 10, Money.ZERO, Money.ZERO);
    private static final Quota BUDGET = World.budget(new Money(1_000_000_000), Money.ZERO);

    private TestRedis redis;
    private SharedStore store;

    @BeforeEach
    void start() {
        redis = TestRedis.start();
        store = redis.store(Duration.ofMillis(500));
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    private World world(OnRedisFailure rates, OnRedisFailure budgets) {
        World world = new World(redis,
                tenant -> World.settings(Map.of(), rates, budgets, Duration.ZERO, Map.of()), store);
        World.await("Redis is there", () -> connected() && store.available());
        return world;
    }

    private boolean connected() {
        return store.call(Command.PING).map(pong -> true).onFailure().recoverWithItem(false).await().indefinitely();
    }

    @Test
    void ratesFollowALocalBucketWhileRedisIsAway() {
        World world = world(OnRedisFailure.OPEN, OnRedisFailure.CLOSED);
        Caller caller = world.caller("k", RATES);
        redis.stop();

        long passed = 0;
        Refusal refusal = null;
        for (int i = 0; i < 30 && refusal == null; i++) {
            Reply reply = world.serve(world.exchange(caller), answering(USAGE));
            if (reply instanceof Answer) {
                passed++;
            } else {
                refusal = refused(reply);
            }
        }

        assertThat(passed).as("the burst, and what came back meanwhile").isBetween(10L, 15L);
        assertThat(refusal.code()).contains("rate_limit_exceeded");
        assertThat(refusal.retryAfterSeconds().orElse(0)).isEqualTo(1);
    }

    @Test
    void moneyIsClosedByDefault() {
        World world = world(OnRedisFailure.OPEN, OnRedisFailure.CLOSED);
        redis.stop();

        Refusal refusal = refused(world.serve(world.exchange(world.caller("k", BUDGET)), answering(USAGE)));

        assertThat(refusal.status()).isEqualTo(503);
        assertThat(refusal.code()).contains("store_unavailable");
        assertThat(refusal.retryAfterSeconds()).isPresent();
    }

    @Test
    void ratesMayBeClosedAndMoneyOpen() {
        World world = world(OnRedisFailure.CLOSED, OnRedisFailure.OPEN);
        redis.stop();

        assertThat(refused(world.serve(world.exchange(world.caller("rates", RATES)), answering(USAGE))).code())
                .contains("store_unavailable");
        assertThat(world.serve(world.exchange(world.caller("money", BUDGET)), answering(USAGE)))
                .isInstanceOf(Answer.class);
    }

    @Test
    void aHangingRedisLeavesNoLeaseBehind() {
        World world = world(OnRedisFailure.OPEN, OnRedisFailure.CLOSED);
        Caller caller = world.caller("k", BUDGET);
        world.serve(world.exchange(caller), answering(USAGE));
        world.awaitSettled(caller);
        redis.pause();

        assertThat(refused(world.serve(world.exchange(caller), answering(USAGE))).code())
                .contains("store_unavailable");

        redis.resume();
        World.await("Redis is back", this::connected);
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(COST.nanos());
        World.await("requests are served again",
                () -> world.serve(world.exchange(caller), answering(USAGE)) instanceof Answer);
    }

    @Test
    void whatWasUsedMeanwhileIsChargedOnceRedisIsBack() {
        World world = world(OnRedisFailure.OPEN, OnRedisFailure.OPEN);
        Caller caller = world.caller("k", BUDGET);
        redis.stop();
        world.serve(world.exchange(caller), answering(USAGE));
        world.serve(world.exchange(caller), answering(USAGE));

        redis.restart();
        World.await("both were written", () -> connected() && world.usage("k", MODEL, "requests") == 2);

        assertThat(world.usage("k", MODEL, "cost_nanos")).isEqualTo(2 * COST.nanos());
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(2 * COST.nanos());
    }

    @Test
    void aRedisThatComesBackEmptyStillChargesTheCallsThatWereRunning() {
        World world = world(OnRedisFailure.OPEN, OnRedisFailure.CLOSED);
        Caller caller = world.caller("k", BUDGET);

        Reply reply = world.serve(world.exchange(caller), blocking(exchange -> {
            redis.restart();
            return answer(MODEL, 1, USAGE);
        }));

        assertThat(reply.receipt().cost()).isEqualTo(COST);
        World.await("the money was charged",
                () -> connected() && world.scope("key:k").path("daySpent").asLong() == COST.nanos());
        assertThat(world.usage("k", MODEL, "cost_nanos")).isEqualTo(COST.nanos());
        assertThat(world.scope("key:k").path("held").asLong()).isZero();
    }

    @Test
    void aRetryThatCannotBeCoveredEndsTheRequestOfAKeyWithABudget() {
        World world = world(OnRedisFailure.OPEN, OnRedisFailure.CLOSED);

        Reply reply = world.serve(world.exchange(world.caller("k", BUDGET)), exchange -> exchange.reservation()
                .beforeAttempt(MODEL, false).emitOn(Infrastructure.getDefaultWorkerPool()).invoke(go -> redis.stop())
                .chain(() -> exchange.reservation().beforeAttempt(MODEL, true))
                .map(refusal -> refusal.orElseThrow()));

        assertThat(refused(reply).code()).contains("store_unavailable");
    }

    @Test
    void aRedisWithoutMemoryIsLikeNoRedis() {
        World world = world(OnRedisFailure.CLOSED, OnRedisFailure.CLOSED);
        Caller caller = world.caller("k", BUDGET);
        Reply served = world.serve(world.exchange(caller), blocking(exchange -> {
            store.call(Command.CONFIG, "SET", "maxmemory", "1").await().indefinitely();
            return answer(MODEL, 1, USAGE);
        }));
        assertThat(served).isInstanceOf(Answer.class);

        assertThat(refused(world.serve(world.exchange(caller), answering(USAGE))).code())
                .contains("store_unavailable");

        store.call(Command.CONFIG, "SET", "maxmemory", "0").await().indefinitely();
        World.await("the settlement was made good", () -> connected()
                && world.scope("key:k").path("daySpent").asLong() == COST.nanos());
        assertThat(world.scope("key:k").path("held").asLong()).isZero();
    }
}
