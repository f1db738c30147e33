package dev.sluice.cache;

import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

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
}
