package dev.sluice.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.redis.client.Command;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SharedStoreTest {
    private static TestRedis redis;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Test
    void keepsBytesAndRunsScriptsThatRedisHasNotSeen() {
        SharedStore store = redis.store();
        byte[] value = { 0, (byte) 0xff, 10};

        store.call(Command.SET, "k", value).await().indefinitely();
        byte[] read = store
                .run(new Script("return redis.call('GET', KEYS[1])", "0".repeat(40)), List.of("k"), List.of())
                .await().indefinitely().toBytes();

        assertThat(read).isEqualTo(value);
    }
}
