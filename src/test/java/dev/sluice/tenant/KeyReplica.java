package dev.sluice.tenant;

import dev.sluice.Caller;
import dev.sluice.config.Settings;
import dev.sluice.redis.SharedStore;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

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

    /** Whether it has given up the connection on which it hears of changes, and has no other yet. */
    boolean reconnecting() {
        return !changes.listening();
    }

    @Override
    public void close() {
        changes.close();
    }
}
