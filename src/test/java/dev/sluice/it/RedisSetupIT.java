package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.redis.Await;
import dev.sluice.redis.TestCertificate;
import dev.sluice.redis.TestRedis;
import dev.sluice.redis.TestRedisCluster;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged gateway with the kinds of Redis that it can be given. */
class RedisSetupIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Test
    void aUserOverTls(@TempDir Path folder) throws IOException {
        int port = freePort();
        TestCertificate certificate = TestCertificate.in(folder);
        try (TestRedis redis = TestRedis.start(settings(certificate, port));
                Replica replica = Replica.start(with(Map.of(
                        "quarkus.redis.hosts", "rediss://gate:open%3Ase%40me@127.0.0.1:" + port,
                        "quarkus.redis.tls-configuration-name", "redis",
                        "quarkus.tls.redis.trust-store.pem.certs", certificate.certificate().toString())))) {
            awaitAvailable(replica);

            assertThat(ask(replica).statusCode()).isEqualTo(200);
            awaitHit(replica);
            assertThat(String.join("\n", replica.output())).doesNotContain("NOPERM").doesNotContain("open:se@me");
        }
    }

    @Test
    void aCluster() {
        try (TestRedisCluster cluster = TestRedisCluster.start();
                Replica replica = Replica.start(with(Map.of(
                        "quarkus.redis.hosts", cluster.uris(),
                        "quarkus.redis.client-type", "cluster")))) {
            awaitAvailable(replica);

            assertThat(ask(replica).statusCode()).isEqualTo(200);
            awaitHit(replica);
        }
    }

    @Test
    void aRedisOfItsOwnForTheCache() {
        try (TestRedis redis = TestRedis.start("maxmemory-policy allkeys-lru");
                TestRedis cache = TestRedis.start("maxmemory-policy allkeys-lru");
                Replica replica = Replica.start(with(Map.of(
                        "quarkus.redis.hosts", redis.uri(),
                        "sluice.redis.cache-hosts", cache.uri())))) {
            awaitAvailable(replica);
            Await.until(PATIENCE, () -> replica.output().stream()
                    .anyMatch(line -> line.contains("maxmemory-policy is allkeys-lru")));

            ask(replica);
            awaitHit(replica);
            assertThat(keys(cache.client())).anyMatch(RedisSetupIT::isOfAnAnswer);
            assertThat(keys(redis.client())).noneMatch(RedisSetupIT::isOfAnAnswer);

            cache.stop();
            Await.until(PATIENCE, () -> ready(replica).body().contains("\"cache_redis\": \"unavailable\""));
            assertThat(ready(replica).statusCode()).isEqualTo(200);
            assertThat(ready(replica).body()).contains("\"redis\": \"available\"", "degraded");
            assertThat(ask(replica).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aNativeExecutableSaysThatItBringsNoneAlong() throws InterruptedException {
        assumeTrue(Replica.NATIVE, "this build made a jar");

        Replica replica = Replica.launch(with(Map.of("sluice.redis.embedded", "true")));

        assertThat(replica.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(replica.process().exitValue()).isEqualTo(1);
        Await.until(PATIENCE, () -> replica.output().stream().anyMatch(
                line -> line.contains("sluice.redis.embedded=true works on the JVM only")));
    }

    @Test
    void oneThatComesAlong() {
        assumeFalse(Replica.NATIVE, "a native executable brings none along");
        try (Replica replica = Replica.start(with(Map.of("sluice.redis.embedded", "true")))) {
            awaitAvailable(replica);

            assertThat(replica.output()).anyMatch(line -> line.contains("An embedded Redis server listens"));
            assertThat(ask(replica).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void anAddressLeavesNothingToBringAlong() {
        try (TestRedis redis = TestRedis.start();
                Replica replica = Replica.start(with(Map.of("sluice.redis.embedded", "true",
                        "quarkus.redis.hosts", redis.uri())))) {
            awaitAvailable(replica);

            assertThat(replica.output()).noneMatch(line -> line.contains("embedded Redis"))
                    .noneMatch(line -> line.contains("maxmemory-policy"));
        }
    }

    @Test
    void anAddressThatDoesNotAnswerYet() throws IOException {
        try (Replica replica = Replica.start(with(Map.of(
                "quarkus.redis.hosts", "redis://127.0.0.1:" + freePort())))) {
            assertThat(ready(replica).statusCode()).isEqualTo(200);
            assertThat(ready(replica).body()).contains("degraded", "\"redis\": \"unavailable\"");
        }
    }

    /** The user's rights are those of the README. */
    private static String[] settings(TestCertificate certificate, int port) {
        List<String> all = new ArrayList<>(List.of(certificate.settings(port)));
        all.add("user default off");
        all.add("user gate on >open:se@me ~sluice:* &sluice:* +@read +@write +@scripting +@connection +@pubsub"
                + " +time +info");
        return all.toArray(String[]::new);
    }

    private static Map<String, String> with(Map<String, String> redis) {
        Map<String, String> properties = new LinkedHashMap<>(redis);
        properties.put("sluice.auth.enabled", "false");
        properties.put("sluice.providers.sim.type", "simulated");
        properties.put("sluice.providers.sim.latency", "1ms");
        return properties;
    }

    private static void awaitAvailable(Replica replica) {
        Await.until(PATIENCE, () -> !ready(replica).body().contains("degraded"));
    }

    private static void awaitHit(Replica replica) {
        Await.until(PATIENCE, () -> ask(replica).headers().firstValue("Cache-Status").orElse("").contains("hit"));
    }

    private static HttpResponse<String> ready(Replica replica) {
        return send(HttpRequest.newBuilder(replica.uri().resolve("/q/health/ready")).build());
    }

    private static HttpResponse<String> ask(Replica replica) {
        return send(HttpRequest.newBuilder(replica.uri().resolve("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(
                        "{\"model\":\"gpt-4.1\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                .build());
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            return HTTP.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Not the cache's totals, which are with the accounts. */
    private static boolean isOfAnAnswer(String key) {
        return key.contains("{c:") && !key.contains("{c:global}");
    }

    private static List<String> keys(Redis redis) {
        return redis.send(Request.cmd(Command.KEYS).arg("*")).toCompletionStage().toCompletableFuture().join().stream()
                .map(Response::toString).toList();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
