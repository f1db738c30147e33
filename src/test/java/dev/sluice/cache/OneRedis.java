package dev.sluice.cache;

import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A Redis for the tests of a class. */
abstract class OneRedis {
    static TestRedis redis;
    static SharedStore store;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        store = Eventually.answering(redis.store(Duration.ofSeconds(5)));
    }

    @AfterAll
    static void stop() {
        redis.close();
    }
}
