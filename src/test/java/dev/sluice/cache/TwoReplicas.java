package dev.sluice.cache;

import dev.sluice.Reply;
import io.vertx.redis.client.Command;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;

/** Two replicas that share a Redis, which is empty when a test begins. */
abstract class TwoReplicas extends OneRedis {
    Replica one;
    Replica other;

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
