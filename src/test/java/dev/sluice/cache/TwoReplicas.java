package dev.sluice.cache;

import dev.sluice.Reply;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** Two replicas that share a Redis, which is empty when a test begins. */
abstract class TwoReplicas {
    static TestRedis redis;
    static SharedStore store;

    Replica one;
    Replica other;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        store = Eventually.answering(redis.store(Duration.ofSeconds(5)));
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @BeforeEach
    void empty() {
        one = new Replica(redis, store, Replica.settings());
        other = new Replica(redis, store, Replica.settings());
        one.await(store.call(Command.FLUSHALL));
    }

    static Reply reply(CompletableFuture<Reply> asked) {
        return asked.orTimeout(20, TimeUnit.SECONDS).join();
    }
}
