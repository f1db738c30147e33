package dev.sluice.it;

import dev.sluice.redis.TestRedis;
import java.util.Map;

class ReplicasIT extends ReplicasContract {
    private TestRedis redis;

    @Override
    Map<String, String> startRedis() {
        redis = TestRedis.start();
        return Map.of("quarkus.redis.hosts", redis.uri());
    }

    @Override
    void stopRedis() {
        redis.close();
    }
}
