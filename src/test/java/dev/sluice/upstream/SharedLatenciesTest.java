package dev.sluice.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.redis.TestRedis;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SharedLatenciesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static TestRedis redis;

    private final AtomicLong nanoTime = new AtomicLong();
    private final ObservedLatencies here = new ObservedLatencies(nanoTime::get);
    private final ObservedLatencies there = new ObservedLatencies(nanoTime::get);
    private final SharedLatencies fromHere = new SharedLatencies(here, redis.store(), redis.vertx());
    private final SharedLatencies fromThere = new SharedLatencies(there, redis.store(), redis.vertx());

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @BeforeEach
    void empty() {
        redis.store().call(Command.FLUSHALL).await().atMost(PATIENCE);
    }

    @Test
    void aReplicaThatHasSeenNothingBelievesTheOthers() {
        record(there, "m", 70, 5);

        exchange();

        assertThat(here.medianMillis("m", false)).hasValue(70);
        assertThat(here.medianMillis("other", false)).isEmpty();
    }

    @Test
    void whatAReplicaHasSeenItselfCountsBeforeWhatOthersSay() {
        record(there, "m", 70, 5);
        record(here, "m", 30, 5);

        exchange();

        assertThat(here.medianMillis("m", false)).hasValue(30);
        assertThat(there.medianMillis("m", false)).hasValue(70);
    }

    @Test
    void tooFewCallsAreNoMeasure() {
        record(there, "m", 70, 4);

        exchange();

        assertThat(here.medianMillis("m", false)).isEmpty();
    }

    @Test
    void ofSeveralReplicasTheOneWithMostCallsCountsMost() {
        ObservedLatencies third = new ObservedLatencies(nanoTime::get);
        SharedLatencies fromThird = new SharedLatencies(third, redis.store(), redis.vertx());
        record(there, "m", 70, 5);
        record(third, "m", 90, 20);

        fromThird.exchange().await().atMost(PATIENCE);
        exchange();

        assertThat(here.medianMillis("m", false)).hasValue(90);
    }

    @Test
    void streamsAreCountedApart() {
        for (int i = 0; i < 5; i++) {
            there.record("m", true, Duration.ofMillis(7).toNanos());
        }

        exchange();

        assertThat(here.medianMillis("m", true)).hasValue(7);
        assertThat(here.medianMillis("m", false)).isEmpty();
    }

    @Test
    void whatIsNoLongerSeenIsNoLongerSaid() {
        record(there, "m", 70, 5);
        exchange();
        nanoTime.addAndGet(Duration.ofMinutes(11).toNanos());

        exchange();

        assertThat(here.medianMillis("m", false)).isEmpty();
        assertThat(there.medianMillis("m", false)).isEmpty();
    }

    @Test
    void theReportOfAReplicaThatIsGoneIsForgotten() {
        record(here, "m", 30, 5);
        String key = redis.store().keys().latencies();
        redis.store().call(Command.HSET, key, "gone", "1000 m 500 64").await().atMost(PATIENCE);

        exchange();

        assertThat(there.medianMillis("m", false)).hasValue(30);
        assertThat(redis.store().call(Command.HEXISTS, key, "gone").await().atMost(PATIENCE).toInteger()).isZero();
    }

    @Test
    void withoutRedisWhatWasHeardLastHolds() {
        try (TestRedis dead = TestRedis.start()) {
            SharedLatencies cut = new SharedLatencies(here, dead.store(Duration.ofMillis(200)), dead.vertx());
            record(there, "m", 70, 5);
            exchange();
            dead.stop();

            assertThatThrownBy(() -> cut.exchange().await().atMost(PATIENCE)).isNotNull();

            assertThat(here.medianMillis("m", false)).hasValue(70);
        }
    }

    /** There first, so that here hears of it. */
    private void exchange() {
        fromThere.exchange().await().atMost(PATIENCE);
        fromHere.exchange().await().atMost(PATIENCE);
        fromThere.exchange().await().atMost(PATIENCE);
    }

    private static void record(ObservedLatencies latencies, String model, long millis, int times) {
        for (int i = 0; i < times; i++) {
            latencies.record(model, false, Duration.ofMillis(millis).toNanos());
        }
    }
}
