package dev.sluice.redis;

import dev.sluice.config.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.redis.client.RedisClientName;
import io.quarkus.redis.runtime.client.config.RedisConfig;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;

/** The stores as beans, and their life: connected at the start, the outbox emptied before the end. */
@Singleton
final class Stores {
    private static final String CACHE = "cache";
    private static final int LATE = 10_000;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final RedisOptions options;
    private final SharedStore store;
    private final SharedStore cacheStore;
    private final Outbox outbox;

    /**
     * @param client injected because Quarkus configures only clients that somebody injects
     * @param cacheClient the same; there is none without {@code sluice.redis.cache-hosts}
     */
    Stores(Vertx vertx, Settings settings, MeterRegistry meters, RedisAccess access, Redis client,
            @RedisClientName(CACHE) Instance<Redis> cacheClient) {
        KeyNames keys = new KeyNames(settings.redis().keyPrefix());
        options = access.of(RedisConfig.DEFAULT_CLIENT_NAME).orElseThrow();
        store = new SharedStore(vertx, options, settings.redis().timeout(), keys);
        cacheStore = access.of(CACHE)
                .map(other -> new SharedStore(vertx, other, settings.redis().timeout(), keys)).orElse(store);
        outbox = new Outbox(store, meters);
    }

    /** For those who need a connection of their own: a subscription cannot share one. */
    @Produces
    @Singleton
    RedisOptions options() {
        return options;
    }

    @Produces
    @Singleton
    SharedStore store() {
        return store;
    }

    @Produces
    @Singleton
    @ForCache
    SharedStore cacheStore() {
        return cacheStore;
    }

    @Produces
    @Singleton
    Outbox outbox() {
        return outbox;
    }

    void start(@Observes StartupEvent start) {
        store.open();
        cacheStore.open();
        new EvictionPolicy(store, cacheStore == store).warn();
    }

    /** Late, because others write their last words on the same occasion. */
    void stop(@Observes @Priority(LATE) ShutdownEvent stop) {
        outbox.drain().await().atMost(PATIENCE);
    }

    @PreDestroy
    void close() {
        store.close();
        cacheStore.close();
    }
}
