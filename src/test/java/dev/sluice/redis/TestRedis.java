package dev.sluice.redis;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import redis.embedded.RedisServer;
import redis.embedded.RedisServerBuilder;

/**
 * A real Redis server on a loopback port of its own, stopped when closed: the one out of the Maven artefact, or the
 * binary that {@code SLUICE_TEST_REDIS_SERVER} names.
 */
public final class TestRedis implements AutoCloseable {
    private final RedisServer server;
    private final int port;
    private final Vertx vertx = Vertx.vertx();
    private final Redis client;
    private final List<SharedStore> stores = new CopyOnWriteArrayList<>();

    private TestRedis(RedisServer server, int port) {
        this.server = server;
        this.port = port;
        this.client = Redis.createClient(vertx, options());
    }

    /** Starts a server; settings are lines of redis.conf. */
    public static TestRedis start(String... settings) {
        try {
            int port = freePort();
            String binary = System.getenv("SLUICE_TEST_REDIS_SERVER");
            RedisServer server;
            if (binary != null && !binary.isBlank()) {
                server = new RedisServer(new File(binary), port);
            } else {
                RedisServerBuilder builder = RedisServer.builder().port(port).setting("bind 127.0.0.1")
                        .setting("save \"\"");
                for (String setting : settings) {
                    builder.setting(setting);
                }
                server = builder.build();
            }
            server.start();
            return new TestRedis(server, port);
        } catch (IOException e) {
            throw new IllegalStateException("No Redis for this test: " + e.getMessage(), e);
        }
    }

    public RedisOptions options() {
        return new RedisOptions().setConnectionString(uri()).setMaxPoolSize(16).setMaxPoolWaiting(4096);
    }

    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    public Vertx vertx() {
        return vertx;
    }

    public Redis client() {
        return client;
    }

    /** A store on this server whose calls may take a second: tests run on busy machines. */
    public SharedStore store() {
        return store(Duration.ofSeconds(1));
    }

    public SharedStore store(Duration timeout) {
        SharedStore store = new SharedStore(vertx, options(), timeout, new KeyNames("test"));
        stores.add(store);
        return store;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        stores.forEach(SharedStore::close);
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        server.stop();
    }
}
