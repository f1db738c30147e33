package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.Load.Result;
import dev.sluice.json.Json;
import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Piece;
import java.math.BigDecimal;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A thousand identical requests at once over two replicas of the packaged gateway, and a replica that dies. */
class SingleFlightIT {
    private static final Logger LOG = Logger.getLogger(SingleFlightIT.class);
    private static final int ASKED = 1000;

    private static TestRedis redis;
    private static MockProvider provider;
    private static Map<String, String> properties;
    private static Replica a;
    private static Replica b;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        provider = MockProvider.start().always(Act.ok().after(Duration.ofSeconds(2)));
        properties = World.properties(redis, provider);
        properties.put("sluice.providers.mock.timeout", "60s");
        properties.put("sluice.providers.mock.first-byte-timeout", "60s");
        a = Replica.start(properties);
        b = Replica.start(properties);
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
        provider.close();
        redis.close();
    }

    @Test
    void aThousandWholeAreOneCall() {
        areOneCall("whole", Load.chat("cheap", "a thousand whole", 9));
    }

    @Test
    void aThousandStreamedAreOneCall() {
        areOneCall("streamed", Load.chat("cheap", "a thousand streamed", 9).replace("{\"model\"",
                "{\"stream\":true,\"model\""));
    }

    private static void areOneCall(String what, String body) {
        int before = provider.calls().size();
        List<Result> results;
        long start = System.nanoTime();
        try (Load load = new Load(ASKED)) {
            List<CompletableFuture<Result>> asked = new ArrayList<>();
            for (int i = 0; i < ASKED; i++) {
                asked.add(load.ask(i % 2 == 0 ? a : b, "team-a", body));
            }
            results = Load.all(asked, 110);
        }
        long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
        long collapsed = results.stream().filter(r -> "sluice; fwd=miss; collapsed".equals(r.cacheStatus())).count();
        LOG.infof("%d %s over two replicas: %d calls of the provider, %d collapsed, %d ms", ASKED, what,
                provider.calls().size() - before, collapsed, millis);

        assertThat(results).allSatisfy(result -> assertThat(result.status()).as(result.body()).isEqualTo(200));
        assertThat(provider.calls().size() - before).isEqualTo(1);
        assertThat(results).filteredOn(result -> result.cacheStatus().startsWith("sluice; fwd=miss")
                && !result.cacheStatus().endsWith("collapsed")).hasSize(1);
        assertThat(results.stream().map(result -> withoutCost(result.body())).distinct()).hasSize(1);
    }

    /** One that reads a stream, and when what came. */
    private static final class Reading {
        private final CompletableFuture<HttpResponse<Stream<String>>> response;
        private final CompletableFuture<Long> first = new CompletableFuture<>();
        private final CompletableFuture<Long> end;
        private final List<String> lines = new CopyOnWriteArrayList<>();
        private final List<Long> times = new CopyOnWriteArrayList<>();

        Reading(HttpClient client, Replica replica, String path, String body) {
            response = client.sendAsync(HttpRequest.newBuilder(replica.uri().resolve(path))
                    .header("Authorization", "Bearer " + World.secret("team-a"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofLines());
            end = response.thenApplyAsync(answer -> {
                answer.body().forEach(line -> {
                    times.add(System.nanoTime());
                    lines.add(line);
                    first.complete(System.nanoTime());
                });
                return System.nanoTime();
            });
        }

        long first() {
            return first.orTimeout(30, TimeUnit.SECONDS).join();
        }

        long end() {
            return end.orTimeout(30, TimeUnit.SECONDS).join();
        }

        /** When the line with this came. */
        long told(String text) {
            int line = 0;
            while (!lines.get(line).contains(text)) {
                line++;
            }
            return times.get(line);
        }

        Optional<String> header(String name) {
            return response.join().headers().firstValue(name);
        }

        String text() {
            end();
            return String.join("\n", lines);
        }
    }

    /** By how many ms the second half of the events came later. */
    private static long medianLag(Reading leader, Reading follower) {
        List<Long> lags = new ArrayList<>();
        for (int i = 10; i < 20; i++) {
            lags.add(follower.told("word " + i + ".") - leader.told("word " + i + "."));
        }
        lags.sort(null);
        return lags.get(lags.size() / 2) / 1_000_000;
    }

    private static BigDecimal cost(Reading reading) {
        Matcher cost = Pattern.compile(": sluice cost-usd=([0-9.]+)").matcher(reading.text());
        assertThat(cost.find()).isTrue();
        return new BigDecimal(cost.group(1));
    }

    private static Json usage(HttpClient client) throws Exception {
        HttpResponse<byte[]> answer = client.send(HttpRequest.newBuilder(a.uri().resolve("/v1/usage"))
                .header("Authorization", "Bearer " + World.secret("team-a")).build(),
                HttpResponse.BodyHandlers.ofByteArray());
        return Json.parse(answer.body());
    }

    private static BigDecimal total(Json usage, String name) {
        int total = usage.member(usage.root(), "total");
        int value = usage.member(total, name);
        return new BigDecimal(usage.string(total, name).orElseGet(() -> usage.literal(value)));
    }

    /** A stream of four seconds. */
    private static List<Piece> words() {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            pieces.add(new Piece(Duration.ofMillis(200), "data: {\"id\":\"1\",\"model\":\"theirs\",\"choices\":"
                    + "[{\"index\":0,\"delta\":{\"content\":\"word " + i + ".\"},\"finish_reason\":null}]}\n\n"));
        }
        pieces.add(new Piece(Duration.ofMillis(200), "data: {\"id\":\"1\",\"model\":\"theirs\",\"choices\":"
                + "[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"id\":\"1\",\"model\":\"theirs\","
                + "\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":50}}\n\ndata: [DONE]\n\n"));
        return pieces;
    }

    @Test
    void aRunningStreamIsFollowedOnTheOtherReplica() throws Exception {
        provider.next(Act.pieces(words()));
        String body = Load.chat("cheap", "a running stream", 9).replace("{\"model\"",
                "{\"stream\":true,\"model\"");
        HttpClient client = HttpClient.newHttpClient();
        int before = provider.calls().size();
        Json known = usage(client);

        Reading leader = new Reading(client, a, "/v1/chat/completions", body);
        leader.first();
        long asked = System.nanoTime();
        Reading follower = new Reading(client, b, "/v1/chat/completions", body);
        long first = follower.first();

        assertThat(leader.end() - first).as("ns before the leader's end").isGreaterThan(1_000_000_000L);
        follower.end();
        LOG.infof("followed on the other replica: first event %d ms after it was asked for, those that came later %d ms"
                + " after the leader's (median), the end %d ms", (first - asked) / 1_000_000,
                medianLag(leader, follower), (follower.end() - leader.end()) / 1_000_000);
        assertThat(provider.calls().size() - before).isEqualTo(1);
        assertThat(withoutCost(follower.text() + "\n\n")).isEqualTo(withoutCost(leader.text() + "\n\n"));
        assertThat(follower.text()).containsSubsequence("word 0.", "word 1.", "word 2.", "word 19.", "[DONE]");
        assertThat(follower.header("Cache-Status")).contains("sluice; fwd=miss; collapsed");
        assertThat(follower.header("x-sluice-cost-usd")).contains("0");
        assertThat(follower.header("x-sluice-attempts")).contains("0");
        assertThat(cost(follower)).isZero();
        assertThat(cost(leader)).isPositive();
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (total(usage(client), "hits_coalesced").subtract(total(known, "hits_coalesced")).intValue() < 1) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(20_000_000);
        }
        assertThat(total(usage(client), "cost_usd").subtract(total(known, "cost_usd")))
                .isEqualByComparingTo(cost(leader));
    }

    @Test
    void aReplicaThatDiesLeavesNobodyWaitingForTheRestOfItsStream() {
        String body = Load.chat("cheap", "a stream of a replica that dies", 9).replace("{\"model\"",
                "{\"stream\":true,\"model\"");
        HttpClient client = HttpClient.newHttpClient();
        int before = provider.calls().size();
        Reading follower;
        long killed;
        try (Replica dying = Replica.start(properties)) {
            provider.next(Act.pieces(words()));
            Reading leader = new Reading(client, dying, "/v1/chat/completions", body);
            leader.first();
            follower = new Reading(client, b, "/v1/chat/completions", body);
            follower.first();
            dying.kill();
            killed = System.nanoTime();
        }

        assertThat(follower.text()).contains("word 0.", ": sluice cost-usd=0\n", "\"error\"")
                .doesNotContain("[DONE]");
        LOG.infof("the follower of a replica that died was told so after %d ms",
                (follower.end() - killed) / 1_000_000);
        assertThat(follower.header("Cache-Status")).contains("sluice; fwd=miss; collapsed");
        assertThat(provider.calls().size() - before).as("nobody has paid for it anew").isEqualTo(1);
        provider.next(Act.ok());
        Reading next = new Reading(client, a, "/v1/chat/completions", body);
        assertThat(next.text()).contains("[DONE]");
        assertThat(provider.calls().size() - before).isEqualTo(2);
    }

    /** What a stream costs is said in it: something to the leader, nothing to the others. */
    private static String withoutCost(String body) {
        return body.replaceAll(": sluice cost-usd=[0-9.]+\n\n", "");
    }
}
