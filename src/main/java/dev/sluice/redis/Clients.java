package dev.sluice.redis;

import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Makes the client of each attempt to connect. */
final class Clients {
    private final Vertx vertx;
    private final RedisOptions options;

    Clients(Vertx vertx, RedisOptions configured, int patience, int maxInFlight) {
        this.vertx = new FlushPerTurn((VertxInternal) vertx);
        this.options = new RedisOptions(configured).setMaxWaitingHandlers(maxInFlight);
        // Attempts and pauses are ours to count: the client's own would outlive the patience of an attempt.
        options.getNetClientOptions().setReconnectAttempts(0).setConnectTimeout(patience);
    }

    boolean cluster() {
        return options.getType() == RedisClientType.CLUSTER;
    }

    /** Asks another node first with each attempt: the client waits for ever for the first one where that one hangs. */
    Redis create(int attempt) {
        if (options.getEndpoints().size() < 2) {
            return Redis.createClient(vertx, options);
        }
        List<String> endpoints = new ArrayList<>(options.getEndpoints());
        Collections.rotate(endpoints, attempt);
        return Redis.createClient(vertx, new RedisOptions(options).setEndpoints(endpoints));
    }
}
