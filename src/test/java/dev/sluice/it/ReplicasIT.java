package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.redis.TestRedis;
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

/** Two replicas of the packaged gateway, one Redis. */
class ReplicasIT {
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static TestRedis redis;
    private static MockProvider provider;
    private static Replica a;
    private static Replica b;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        provider = MockProvider.start();
        Map<String, String> properties = World.properties(redis, provider);
        a = Replica.start(properties);
        b = Replica.start(properties);
    }

    @AfterAll
    static void stop() {
        List<AutoCloseable> all = new ArrayList<>();
        for (AutoCloseable part : new AutoCloseable[]{ a, b, provider, redis}) {
            if (part != null) {
                all.add(part);
            }
        }
        all.forEach(ReplicasIT::close);
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
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
        assertThat(ofA.path("hits_exact").asInt()).isEqualTo(20);
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
            if (total.path("hits_exact").asInt() + 20 == successes || System.nanoTime() > deadline) {
                return total;
            }
        }
    }

    private static CompletableFuture<HttpResponse<String>> ask(Replica replica, String key, String question) {
        return send(request(replica, key, question));
    }

    private static HttpRequest.Builder request(Replica replica, String key, String question) {
        URI uri = replica.uri().resolve("/v1/chat/completions");
        return HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20))
                .header("Authorization", "Bearer " + World.secret(key)).header("Content-Type", "application/json")
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
