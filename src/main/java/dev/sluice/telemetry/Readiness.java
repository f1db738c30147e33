package dev.sluice.telemetry;

import dev.sluice.redis.ForCache;
import dev.sluice.redis.SharedStore;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * Ready to take requests from the end of the start to the beginning of the end. A missing Redis is shown as
 * {@code degraded}, and is no reason to be taken out of service: all replicas would be at once.
 */
@Singleton
@org.eclipse.microprofile.health.Readiness
public final class Readiness implements HealthCheck {
    private static final int LATE = 10_000;

    private final SharedStore store;
    private final SharedStore cacheStore;
    private volatile boolean serving;

    Readiness(SharedStore store, @ForCache SharedStore cacheStore) {
        this.store = store;
        this.cacheStore = cacheStore;
    }

    void started(@Observes @Priority(LATE) StartupEvent start) {
        serving = true;
    }

    void draining(@Observes ShutdownDelayInitiatedEvent delay) {
        serving = false;
    }

    void stopping(@Observes ShutdownEvent stop) {
        serving = false;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("sluice").status(serving);
        response.withData("redis", state(store));
        if (cacheStore != store) {
            response.withData("cache_redis", state(cacheStore));
        }
        if (!store.available() || !cacheStore.available()) {
            response.withData("degraded", true);
        }
        return response.build();
    }

    private static String state(SharedStore store) {
        return store.available() ? "available" : "unavailable";
    }
}
