package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.upstream.MockProvider;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Two replicas of the packaged gateway that share one Redis, whatever kind it is. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ReplicasContract {
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A change takes effect within a second; a machine that builds beside may add its own. */
    private static final long BUSY_MILLIS = 3000;

    private MockProvider provider;
    private Replica a;
    private Replica b;

    /** Starts what the replicas share, and says where it is. */
    abstract Map<String, String> startRedis();

    abstract void stopRedis();

    @BeforeAll
    void start() {
        provider = MockProvider.start();
        Map<String, String> properties = World.properties(startRedis(), provider);
        a = Replica.start(properties);
        b = Replica.start(properties);
    }

    @AfterAll
    void stop() {
        for (Replica replica : new Replica[]{ a, b}) {
            if (replica != null) {
                replica.close();
            }
        }
        provider.close();
        stopRedis();
    }

    @Test
    void whatOneReplicaWasAskedTheOtherKnowsAndBothKnowWhatWasSpent() throws IOException {
        BigDecimal cost = BigDecimal.ZERO;
        BigDecimal saved = BigDecimal.ZERO;
        int calls = provider.calls().size();
        for (int i = 0; i < 20; i++) {
            HttpResponse<String> first = ask(i % 2 == 0 ? a : b, "team-a", "question " + i).join();
            assertThat(header(first, "Cache-Status")).isEqualTo("sluice; fwd=miss; stored");
            String known = awaitHit(i % 2 == 0 ? b : a, "question " + i);
            cost = cost.add(new BigDecimal(header(first, "x-sluice-cost-usd")));
            saved = saved.add(new BigDecimal(known));
        }

        assertThat(provider.calls()).hasSize(calls + 20);
        assertThat(saved).isEqualByComparingTo(cost).isPositive();
        JsonNode ofA = awaitUsage(a, 40);
        JsonNode ofB = awaitUsage(b, 40);
        assertThat(ofA).isEqualTo(ofB);
        assertThat(new BigDecimal(ofA.path("cost_usd").asText())).isEqualByComparingTo(cost);
        assertThat(new BigDecimal(ofA.path("saved_cache_usd").asText())).isEqualByComparingTo(saved);
        assertThat(hits(ofA)).isEqualTo(20);
    }

    @Test
    void twoHundredAtOnceOverBothReplicasPassTheBurstOfTenOnly() {
        long start = System.nanoTime();
        List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            asked.add(ask(i % 2 == 0 ? a : b, "small", "burst " + i));
        }
        List<HttpResponse<String>> answers = asked.stream().map(CompletableFuture::join).toList();
        long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();

        long passed = answers.stream().filter(r -> r.statusCode() == 200).count();
        assertThat(passed).isBetween(10L, 10 + seconds + 1);
        assertThat(answers).filteredOn(r -> r.statusCode() != 200).allSatisfy(refused -> {
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("rate_limit_exceeded");
            assertThat(Integer.parseInt(header(refused, "Retry-After"))).isBetween(1, 60);
        });
        assertThat(answers).filteredOn(r -> r.statusCode() == 200)
                .allSatisfy(r -> assertThat(header(r, "x-ratelimit-limit-requests")).isEqualTo("60"));
    }

    @Test
    void aKeyMadeOnOneReplicaWorksAndEndsOnTheOtherWithinASecond() throws IOException {
        HttpResponse<String> made = admin(a, "POST", "/admin/keys",
                "{\"name\":\"fresh\",\"tenant\":\"a\",\"requests_per_minute\":1,\"burst\":1}").join();
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        String secret = new ObjectMapper().readTree(made.body()).path("secret").asText();

        assertThat(millisUntil(200, secret)).isLessThan(BUSY_MILLIS);
        assertThat(send(withSecret(b, secret, "second at once")).join().statusCode()).isEqualTo(429);
        admin(a, "PATCH", "/admin/keys/fresh", "{\"burst\":100,\"requests_per_minute\":6000}").join();
        assertThat(millisUntil(200, secret)).isLessThan(BUSY_MILLIS);
        admin(a, "PATCH", "/admin/keys/fresh", "{\"enabled\":false}").join();
        assertThat(millisUntil(401, secret)).isLessThan(BUSY_MILLIS);
    }

    private long millisUntil(int status, String secret) {
        long start = System.nanoTime();
        int i = 0;
        while (send(withSecret(b, secret, "until " + status + " " + i++)).join().statusCode() != status) {
            assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(10).toNanos());
        }
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }

    private static CompletableFuture<HttpResponse<String>> admin(Replica replica, String method, String path,
            String body) {
        return send(HttpRequest.newBuilder(replica.uri().resolve(path)).header("Authorization", "Bearer " + World.ADMIN)
                .header("Content-Type", "application/json").method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    /** The answer is stored after the reply, so the other replica may be a moment early. */
    private static String awaitHit(Replica replica, String question) {
        long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        HttpRequest.Builder cachedOnly = request(replica, "team-a", question).header("Cache-Control", "only-if-cached");
        HttpResponse<String> response = send(cachedOnly).join();
        while (response.statusCode() == 504 && System.nanoTime() < deadline) {
            response = send(cachedOnly).join();
        }
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "x-sluice-cost-usd")).isEqualTo("0");
        return header(response, "x-sluice-saved-usd");
    }

    private static JsonNode awaitUsage(Replica replica, int successes) throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (true) {
            HttpResponse<String> response = send(HttpRequest.newBuilder(replica.uri().resolve("/v1/usage"))
                    .header("Authorization", "Bearer " + World.secret("team-a"))).join();
            assertThat(response.statusCode()).isEqualTo(200);
            JsonNode total = new ObjectMapper().readTree(response.body()).path("total");
            if (hits(total) + 20 == successes || System.nanoTime() > deadline) {
                return total;
            }
        }
    }

    /** Who asks just before an answer is there in these words may find it by its meaning, which is looked for later. */
    private static int hits(JsonNode usage) {
        return usage.path("hits_exact").asInt() + usage.path("hits_semantic").asInt();
    }

    private static CompletableFuture<HttpResponse<String>> ask(Replica replica, String key, String question) {
        return send(request(replica, key, question));
    }

    private static HttpRequest.Builder request(Replica replica, String key, String question) {
        return withSecret(replica, World.secret(key), question);
    }

    private static HttpRequest.Builder withSecret(Replica replica, String secret, String question) {
        URI uri = replica.uri().resolve("/v1/chat/completions");
        return HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20))
                .header("Authorization", "Bearer " + secret).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"cheap\",\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"}]}"));
    }

    private static CompletableFuture<HttpResponse<String>> send(HttpRequest.Builder request) {
        return HTTP.sendAsync(request.build(), BodyHandlers.ofString());
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }
}
