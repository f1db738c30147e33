package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How long a hit takes from outside, one request after the other. By default over a few questions, so that it runs with the
 * others; {@code -Dlatency.entries=10000} for figures. Vector sets need Redis 8, which {@code SLUICE_TEST_REDIS_SERVER}
 * names.
 */
@EnabledIfSystemProperty(named = "latency.entries", matches = "\\d+", disabledReason = "a measurement, for a quiet machine")
class SemanticLatencyIT {
    private static final Logger LOG = Logger.getLogger(SemanticLatencyIT.class);
    private static final int ENTRIES = Integer.getInteger("latency.entries", 200);
    private static final int MOST_SCANNED = 512;
    private static final int ASKED = Math.min(1_000, ENTRIES / 2);
    private static final List<String> SUBJECTS = List.of("solar panels", "rye bread", "electric bicycles",
            "wool carpets",
            "glass bottles", "night trains", "open windows", "paper maps", "stone walls", "rubber boots");
    private static final List<String> OWNERS = List.of("bakers", "teachers", "sailors", "farmers", "pianists", "nurses",
            "judges", "painters", "plumbers", "gardeners");
    private static final List<String> PLACES = List.of("mountains", "harbours", "deserts", "villages", "museums",
            "hospitals", "forests", "offices", "islands", "kitchens");
    private static final List<String> SEASONS = List.of("storms", "holidays", "winters", "elections", "concerts",
            "harvests", "floods", "weekends", "strikes", "mornings");

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private URI chat;

    @ParameterizedTest
    @CsvSource({ "vectorset", "scan"})
    void hitsAreMeasured(String index) throws Exception {
        int entries = index.equals("scan") ? Math.min(ENTRIES, MOST_SCANNED) : ENTRIES;
        try (TestRedis redis = TestRedis.start(); MockProvider provider = MockProvider.start()) {
            Map<String, String> properties = World.properties(redis, provider);
            properties.put("sluice.cache.semantic.index", index);
            properties.put("sluice.cache.semantic.timeout", "10s");
            try (Replica replica = Replica.start(properties)) {
                chat = replica.uri().resolve("/v1/chat/completions");
                fill(entries);
                List<Double> exact = new ArrayList<>();
                List<Double> similar = new ArrayList<>();
                for (int i = -ASKED; i < ASKED; i++) { // the first half warms up
                    int question = Math.floorMod(i * 7, entries);
                    measure("What are the advantages of " + words(question) + "?", "detail=exact", exact);
                    measure("Which advantages have " + words(Math.floorMod(i + ASKED, entries)) + "?", "semantic",
                            similar);
                }
                report("exact", index, entries, exact.subList(exact.size() / 2, exact.size()));
                assertThat(exact).hasSize(2 * ASKED);
                if (!similar.isEmpty()) {
                    report("semantic", index, entries, similar.subList(similar.size() / 2, similar.size()));
                }
                assertThat(similar.isEmpty()).as("a server without vector sets has no hits by them")
                        .isEqualTo(index.equals("vectorset") && !hasVectorSets(redis));
            }
        }
    }

    private static boolean hasVectorSets(TestRedis redis) {
        return redis.client().send(io.vertx.redis.client.Request.cmd(io.vertx.redis.client.Command.create("VCARD"))
                .arg("none")).toCompletionStage().handle((answer, trouble) -> trouble == null).toCompletableFuture()
                .join();
    }

    private static String words(int number) {
        return SUBJECTS.get(number % 10) + " for " + OWNERS.get(number / 10 % 10) + " in "
                + PLACES.get(number / 100 % 10)
                + " during " + SEASONS.get(number / 1_000 % 10);
    }

    private void fill(int entries) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try {
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < entries; i++) {
                String question = "What are the advantages of " + words(i) + "?";
                answers.add(clients.submit(() -> ask(question, "no-cache")));
            }
            for (Future<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
            }
        } finally {
            clients.shutdown();
        }
    }

    private HttpResponse<String> ask(String question, String cacheControl) throws Exception {
        return client.send(HttpRequest.newBuilder(chat).header("Authorization", "Bearer " + World.secret("team-a"))
                .header("Content-Type", "application/json").header("Cache-Control", cacheControl)
                .POST(BodyPublishers.ofString("{\"model\":\"simulated\",\"messages\":[{\"role\":\"user\",\"content\":\""
                        + question + "\"}]}"))
                .build(), BodyHandlers.ofString());
    }

    private void measure(String question, String expected, List<Double> millis) throws Exception {
        long start = System.nanoTime();
        HttpResponse<String> answer = ask(question, "only-if-cached, no-store");
        double took = (System.nanoTime() - start) / 1e6;
        if (answer.headers().firstValue("Cache-Status").orElse("").contains(expected)) {
            millis.add(took);
        }
    }

    private static void report(String kind, String index, int entries, List<Double> millis) {
        double[] sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        LOG.infof("%s hit, %s with %d entries: %d hits, p50 %s ms, p99 %s ms", kind, index, entries, sorted.length,
                at(sorted, .5), at(sorted, .99));
    }

    private static String at(double[] sorted, double share) {
        return String.format(Locale.ROOT, "%.2f", Arrays.stream(sorted).skip((long) (share * (sorted.length - 1)))
                .findFirst().orElse(Double.NaN));
    }
}
