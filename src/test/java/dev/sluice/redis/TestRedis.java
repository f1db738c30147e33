package dev.sluice.redis;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import redis.embedded.RedisExecProvider;

/**
 * A real Redis server on a loopback port of its own, stopped when closed: the one out of the Maven artefact, or the
 * binary that {@code SLUICE_TEST_REDIS_SERVER} names. It can be made to fail.
 */
public final class TestRedis implements AutoCloseable {
    private static Path binary;

    private final List<String> settings;
    private final Vertx vertx = Vertx.vertx();
    private final List<SharedStore> stores = new CopyOnWriteArrayList<>();
    private final Redis client;
    private RedisProcess process;

    private TestRedis(List<String> settings) {
        this.settings = settings;
        this.process = RedisProcess.start(binary(), RedisProcess.freePort(), settings, Duration.ZERO);
        this.client = Redis.createClient(vertx, options());
    }

    /** Starts a server; settings are lines of redis.conf. */
    public static TestRedis start(String... settings) {
        return new TestRedis(List.of(settings));
    }

    /** The server binary of all tests of this JVM. */
    static synchronized Path binary() {
        if (binary == null) {
            String named = System.getenv("SLUICE_TEST_REDIS_SERVER");
            try {
                binary = named != null && !named.isBlank()
                        ? Path.of(named).toAbsolutePath()
                        : RedisExecProvider.defaultProvider().get().toPath();
            } catch (IOException e) {
                throw new IllegalStateException("There is no Redis for the tests: " + e.getMessage(), e);
            }
        }
        return binary;
    }

    public String uri() {
        return "redis://127.0.0.1:" + port();
    }

    public int port() {
        return process.port();
    }

    public Vertx vertx() {
        return vertx;
    }

    public Redis client() {
        return client;
    }

    public RedisOptions options() {
        return new RedisOptions().setConnectionString(uri()).setMaxPoolSize(16).setMaxPoolWaiting(4096);
    }

    /** A store on this server whose calls may take a second: tests run on busy machines. */
    public SharedStore store() {
        return store(Duration.ofSeconds(1));
    }

    public SharedStore store(Duration timeout) {
        return store(options(), timeout);
    }

    SharedStore store(RedisOptions options, Duration timeout) {
        SharedStore store = new SharedStore(vertx, options, timeout, new KeyNames("test"));
        stores.add(store);
        return store;
    }

    /** Lets the server hang: it keeps its connections, and says nothing until {@link #resume()}. */
    public void pause() {
        signal("-STOP");
    }

    public void resume() {
        signal("-CONT");
    }

    /** Ends the server and everything it holds; {@link #restart()} brings an empty one to the same address. */
    public void stop() {
        process.stop();
    }

    public void restart() {
        restart(List.of());
    }

    void restart(List<String> moreSettings) {
        process.stop();
        List<String> all = new ArrayList<>(settings);
        all.addAll(moreSettings);
        process = RedisProcess.start(binary(), process.port(), all, Duration.ZERO);
    }

    private void signal(String signal) {
        try {
            int exit = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
            if (exit != 0) {
                throw new IllegalStateException("kill " + signal + " failed.");
            }
        } catch (IOException e) {
            throw new IllegalStateException("kill " + signal + " failed: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted.", e);
        }
    }

    @Override
    public void close() {
        stores.forEach(SharedStore::close);
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        process.stop();
    }
}
