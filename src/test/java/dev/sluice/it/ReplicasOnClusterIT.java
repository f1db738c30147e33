package dev.sluice.it;

import dev.sluice.redis.TestRedisCluster;
import java.util.Map;

class ReplicasOnClusterIT extends ReplicasContract {
    private TestRedisCluster cluster;

    @Override
    Map<String, String> startRedis() {
        cluster = TestRedisCluster.start();
        return Map.of("quarkus.redis.hosts", cluster.uris(),
                "quarkus.redis.client-type", "cluster");
    }

    @Override
    void stopRedis() {
        cluster.close();
    }
}
