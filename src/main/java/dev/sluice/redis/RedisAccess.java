package dev.sluice.redis;

import io.quarkus.redis.client.RedisOptionsCustomizer;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.RedisOptions;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where each Redis is and how to get in: what Quarkus makes of {@code quarkus.redis.*}, addresses, kind, credentials and
 * TLS. We copy it, because each of our connections has a client of its own.
 */
@Singleton
final class RedisAccess implements RedisOptionsCustomizer {
    private final Map<String, RedisOptions> byClient = new ConcurrentHashMap<>();

    @Override
    public void customize(String client, RedisOptions options) {
        NetClientOptions net = options.getNetClientOptions();
        if (net.isSsl() && net.getHostnameVerificationAlgorithm() == null) {
            // A named TLS configuration without a word on it would not connect at all: verify the name.
            net.setHostnameVerificationAlgorithm("HTTPS");
        }
        byClient.put(client, new RedisOptions(options));
    }

    Optional<RedisOptions> of(String client) {
        return Optional.ofNullable(byClient.get(client));
    }
}
