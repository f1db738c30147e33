package dev.sluice.tenant;

import dev.sluice.Caller;
import dev.sluice.config.Settings;
import dev.sluice.redis.SharedStore;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The tenant room of one replica. Its clock for what ends stands still unless it is moved. */
public final class KeyReplica implements AutoCloseable {
    static final Duration FAST = Duration.ofMillis(200);
    static final Duration NEVER = Duration.ofDays(1);

    private final AtomicLong nanos = new AtomicLong();
    final KeyMemory memory;
    final Callers callers;
    private final Keys keys;
    private final KeyChanges changes;

    public KeyReplica(Vertx vertx, RedisOptions options, SharedStore store, Settings settings, Duration interval) {
        KeyStore keyStore = new KeyStore(store);
        memory = new KeyMemory(settings, nanos::get);
        KeyRefresh refresh = new KeyRefresh(keyStore, memory);
        callers = new Callers(settings, keyStore, memory, refresh);
        keys = new Keys(keyStore, memory);
        changes = new KeyChanges(vertx, options, keyStore, refresh, interval);
    }

    KeyReplica started() {
        changes.start();
        return this;
    }

    public Keys keys() {
        return keys;
    }

    void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    public Optional<Caller> identify(String secret) {
        return callers.identify(Optional.of(secret)).await().atMost(Duration.ofSeconds(5));
    }

    boolean knows(String secret) {
        return identify(secret).isPresent();
    }

    static boolean within(Duration patience, BooleanSupplier condition) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            LockSupport.parkNanos(1_000_000);
        }
        return true;
    }

    @Override
    public void close() {
        changes.close();
    }
}
