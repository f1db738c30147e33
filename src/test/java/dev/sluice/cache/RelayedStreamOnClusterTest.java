package dev.sluice.cache;

import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedisCluster;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Requests of different identities live on different nodes, a lease and the pieces told under it on one. */
class RelayedStreamOnClusterTest extends RelayedStreamContract {
    private static TestRedisCluster cluster;
    private static SharedStore store;

    @BeforeAll
    static void start() {
        cluster = TestRedisCluster.start();
        store = Eventually.answering(cluster.store(Duration.ofSeconds(5)));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Override
    Vertx vertx() {
        return cluster.vertx();
    }

    @Override
    SharedStore store() {
        return store;
    }
}
