package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.isHit;
import static dev.sluice.cache.Asked.question;
import static dev.sluice.cache.Asked.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Money;
import dev.sluice.Reply;
import dev.sluice.cache.Asked.Provider;
import dev.sluice.redis.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CacheStageTest {
    private static TestRedis redis;
    private Replica one;
    private Replica other;
    private final Provider provider = new Provider();

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @BeforeEach
    void replicas() {
        one = Replica.of(redis, Replica.settings());
        other = Replica.of(redis, Replica.settings());
        one.await(redis.store().call(io.vertx.redis.client.Command.FLUSHALL));
    }

    @Test
    void theSameQuestionToAnotherReplicaIsAHitThatCostsNothing() {
        Reply first = one.ask(exchange(question("Why?")), provider);
        Eventually.until(() -> isHit(other.ask(exchange(question("Why?")), provider)));

        Reply second = other.ask(exchange(question("Why?")), provider);

        assertThat(first.receipt().cache()).contains(new CacheStatus.Miss(true));
        assertThat(text(second)).isEqualTo(text(first));
        assertThat(second.receipt().cost()).isEqualTo(Money.ZERO);
        assertThat(second.receipt().usage()).isEqualTo(Asked.USAGE);
        assertThat(second.receipt().savedByCache()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
        assertThat(second.receipt().attempts()).isZero();
    }
}
