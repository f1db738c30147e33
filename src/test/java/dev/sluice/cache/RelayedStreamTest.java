package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Exchange;
import dev.sluice.Reply;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RelayedStreamTest extends RelayedStreamContract {
    private static TestRedis redis;
    private static SharedStore store;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        store = Eventually.answering(redis.store(Duration.ofSeconds(5)));
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Override
    Vertx vertx() {
        return redis.vertx();
    }

    @Override
    SharedStore store() {
        return store;
    }

    @Test
    void withoutRedisTheLeaderGoesOnAndWhoFollowsElsewhereIsToldThatItDoesNot() {
        try (TestRedis away = TestRedis.start()) {
            SharedStore gone = Eventually.answering(away.store(Duration.ofMillis(500)));
            Replica one = new Replica(away, gone, Replica.settings());
            Replica other = new Replica(away, gone, Replica.settings());
            HeldProvider provider = new HeldProvider();
            Exchange asked = Asked.exchange(Asked.question("Why?").replace("{\"model", "{\"stream\":true,\"model"));
            CompletableFuture<Reply> first = one.start(asked, provider).subscribeAsCompletionStage();
            Told told = new Told();
            provider.call(0).ends(told.stream());
            Ear leader = new Ear(first.orTimeout(20, TimeUnit.SECONDS).join(), Long.MAX_VALUE);
            told.tell("Hel");
            Ear follower = new Ear(other.ask(asked, provider), Long.MAX_VALUE);
            follower.hears("Hel");

            away.stop();
            told.tell("lo").finish();

            leader.hearsItsEnd();
            assertThat(leader.heard()).containsSubsequence("Hel", "lo", "[DONE]");
            Eventually.until(() -> follower.complete);
            assertThat(follower.heard()).containsSubsequence("Hel", "error").doesNotContain("[DONE]");
            assertThat(follower.how.failure()).isPresent();
            assertThat(provider.calls).hasSize(1);
        }
    }
}
