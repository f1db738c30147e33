package dev.sluice.redis;

import dev.sluice.config.Settings;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisOptions;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

@Singleton
final class StoreProducer {
    @Produces
    @Singleton
    RedisOptions options(@ConfigProperty(name = "quarkus.redis.hosts") Optional<String> hosts) {
        return new RedisOptions().setConnectionString(hosts.orElse("redis://127.0.0.1:6379"));
    }

    @Produces
    @Singleton
    SharedStore store(Vertx vertx, Settings settings, RedisOptions options) {
        return new SharedStore(vertx, options, settings.redis().timeout(), new KeyNames(settings.redis().keyPrefix()));
    }

    @Produces
    @Singleton
    Outbox outbox(SharedStore store) {
        return new Outbox(store);
    }
}
