package dev.sluice.redis;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.ZModem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Three masters that share the slots, of the same binary as {@link TestRedis}; all are stopped when it is closed. */
public final class TestRedisCluster implements AutoCloseable {
    private static final int NODES = 3;
    private static final int SLOTS = 16_384;
    private static final Duration JOIN = Duration.ofSeconds(20);

    private final Vertx vertx = Vertx.vertx();
    private final List<TestRedis> nodes = new ArrayList<>();
    private final List<SharedStore> stores = new CopyOnWriteArrayList<>();
    private Redis client;

    private TestRedisCluster() {
    }

    public static TestRedisCluster start(String... settings) {
        TestRedisCluster cluster = new TestRedisCluster();
        try {
            cluster.form(settings);
            return cluster;
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }

    private void form(String... settings) {
        List<Integer> busPorts = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            busPorts.add(RedisProcess.freePort());
            List<String> all = new ArrayList<>(List.of("cluster-enabled yes", "cluster-port " + busPorts.get(i),
                    "cluster-node-timeout 3000", "cluster-require-full-coverage no"));
            all.addAll(List.of(settings));
            nodes.add(TestRedis.start(all.toArray(String[]::new)));
            ask(i, "SET-CONFIG-EPOCH", i + 1);
            ask(i, "ADDSLOTSRANGE", firstSlot(i), firstSlot(i + 1) - 1);
        }
        for (int i = 1; i < NODES; i++) {
            ask(0, "MEET", "127.0.0.1", nodes.get(i).port(), busPorts.get(i));
        }
        for (int i = 0; i < NODES; i++) {
            int node = i;
            Await.until(JOIN, () -> {
                String info = ask(node, "INFO").toString();
                return info.contains("cluster_state:ok") && info.contains("cluster_size:" + NODES)
                        && info.contains("cluster_slots_ok:" + SLOTS);
            });
        }
        client = Redis.createClient(vertx, options());
    }

    private static int firstSlot(int node) {
        return SLOTS * node / NODES;
    }

    /** What CLUSTER answers on a node. */
    Response ask(int node, Object... arguments) {
        Request request = Request.cmd(Command.CLUSTER);
        for (Object argument : arguments) {
            request.arg(argument.toString());
        }
        return on(node, request);
    }

    Response on(int node, Request request) {
        return nodes.get(node).client().send(request).toCompletionStage().toCompletableFuture().join();
    }

    /** Addresses as quarkus.redis.hosts wants them. */
    public String uris() {
        return String.join(",", nodes.stream().map(TestRedis::uri).toList());
    }

    public Vertx vertx() {
        return vertx;
    }

    public Redis client() {
        return client;
    }

    public RedisOptions options() {
        RedisOptions options = new RedisOptions().setType(RedisClientType.CLUSTER).setMaxPoolSize(16)
                .setMaxPoolWaiting(4096);
        nodes.forEach(node -> options.addConnectionString(node.uri()));
        return options;
    }

    public SharedStore store() {
        return store(Duration.ofSeconds(1));
    }

    public SharedStore store(Duration timeout) {
        SharedStore store = new SharedStore(vertx, options(), timeout, new KeyNames("test"));
        stores.add(store);
        return store;
    }

    /** One of the servers, to be made to fail. */
    public TestRedis node(int index) {
        return nodes.get(index);
    }

    static int slot(String key) {
        return ZModem.generate(key.getBytes(StandardCharsets.UTF_8));
    }

    /** A key that lives on this node, beginning with the name. */
    public static String keyOn(int node, String name) {
        for (int i = 0;; i++) {
            String key = name + i;
            if (slot(key) >= firstSlot(node) && slot(key) < firstSlot(node + 1)) {
                return key;
            }
        }
    }

    @Override
    public void close() {
        stores.forEach(SharedStore::close);
        if (client != null) {
            client.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().join();
        nodes.forEach(TestRedis::close);
    }
}
