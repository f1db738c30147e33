package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers to the same question in other words, as clients of all dialects see them. */
@QuarkusTest
@WithTestResource(World.class)
class SemanticTest {
    private static final String ASKED = "What are the advantages of Python generators?";
    private static final String OTHERWISE = "Which advantages do Python generators have?";
    private static final String OPPOSITE = "What are the disadvantages of Python generators?";
    private static final Pattern SIMILAR = Pattern.compile("sluice; hit; ttl=\\d+; detail=\"semantic 0\\.\\d{3}\"");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient client = HttpClient.newHttpClient();
    /** Parts what this test stores from what others do. */
    private final String salt = UUID.randomUUID().toString();

    @TestHTTPResource
    URI gateway;

    private String body(String path, String question, boolean streamed) {
        String model = "{\"model\":\"simulated\",\"stream\":" + streamed + ",";
        return switch (path) {
            case "/v1/messages" -> model + "\"max_tokens\":100,\"system\":\"" + salt
                    + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"}]}";
            case "/v1/responses" -> model + "\"store\":false,\"instructions\":\"" + salt + "\",\"input\":\"" + question
                    + "\"}";
            default -> model + "\"messages\":[{\"role\":\"system\",\"content\":\"" + salt
                    + "\"},{\"role\":\"user\",\"content\":\"" + question + "\"}]}";
        };
    }

    private HttpResponse<String> post(String path, String key, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.resolve(path))
                .header("Authorization", "Bearer " + World.secret(key)).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> ask(String path, String question, boolean streamed, String... headers)
            throws Exception {
        return post(path, "team-a", body(path, question, streamed), headers);
    }

    private static String cache(HttpResponse<String> response) {
        return response.headers().firstValue("Cache-Status").orElse("");
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    /** Asks, and waits until others are answered with it, which stores nothing. */
    private HttpResponse<String> store(String path, boolean streamed) throws Exception {
        HttpResponse<String> first = ask(path, ASKED, streamed);
        assertThat(cache(first)).startsWith("sluice; fwd=miss");
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!cache(ask(path, OTHERWISE, false, "Cache-Control", "only-if-cached, no-store")).contains("semantic")) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
        }
        return first;
    }

    @ParameterizedTest
    @CsvSource({ "/v1/chat/completions, false, false", "/v1/chat/completions, true, true",
            "/v1/chat/completions, true, false", "/v1/chat/completions, false, true", "/v1/messages, false, false",
            "/v1/messages, true, true", "/v1/messages, false, true", "/v1/responses, false, false",
            "/v1/responses, true, true", "/v1/responses, true, false"})
    void otherWordsGetTheAnswerWholeOrAsAStreamAndTheOppositeDoesNot(String path, boolean stored, boolean asked)
            throws Exception {
        HttpResponse<String> first = store(path, stored);

        HttpResponse<String> hit = ask(path, OTHERWISE, asked);

        assertThat(hit.statusCode()).isEqualTo(200);
        assertThat(cache(hit)).matches(SIMILAR);
        assertThat(header(hit, "x-sluice-cost-usd")).isEqualTo("0");
        assertThat(header(hit, "x-sluice-cache-verdict")).matches("same; reason=no-sign; similarity=0\\.\\d{3}");
        assertThat(header(hit, "Content-Type")).startsWith(asked ? "text/event-stream" : "application/json");
        if (stored == asked && !stored) {
            assertThat(hit.body()).isEqualTo(first.body());
        }
        assertThat(hit.body()).as("told in words").contains("Python");

        HttpResponse<String> miss = ask(path, OPPOSITE, asked);
        assertThat(cache(miss)).startsWith("sluice; fwd=miss");
        assertThat(header(miss, "x-sluice-cache-verdict")).startsWith("different; reason=opposite; similarity=0.9");
    }

    @Test
    void aRefusalIsCountedByItsKind() throws Exception {
        store("/v1/chat/completions", false);
        double before = meter("sluice_cache_refusals_total", "reason=\"opposite\"");

        ask("/v1/chat/completions", OPPOSITE, false);

        assertThat(meter("sluice_cache_refusals_total", "reason=\"opposite\"")).isGreaterThanOrEqualTo(before + 1);
    }

    private double meter(String name, String label) throws IOException, InterruptedException {
        String metrics = client.send(HttpRequest.newBuilder(gateway.resolve("/q/metrics")).build(),
                BodyHandlers.ofString()).body();
        Matcher line = Pattern.compile("(?m)^" + name + (label.isEmpty() ? "" : "\\{[^}]*" + label + "[^}]*}")
                + " ([0-9.E]+)$").matcher(metrics);
        return line.find() ? Double.parseDouble(line.group(1)) : 0;
    }

    @Test
    void aTenantsAnswersAndAnotherContextsAreNotFound() throws Exception {
        store("/v1/chat/completions", false);

        assertThat(cache(post("/v1/chat/completions", "team-b", body("/v1/chat/completions", OTHERWISE, false),
                "Cache-Control", "only-if-cached"))).isEqualTo("sluice; fwd=miss");
        assertThat(cache(ask("/v1/chat/completions", OTHERWISE, false, "Cache-Control", "only-if-cached",
                "x-sluice-cache", "exact"))).isEqualTo("sluice; fwd=miss");
        assertThat(cache(ask("/v1/chat/completions", OTHERWISE, false, "Cache-Control", "only-if-cached",
                "x-sluice-cache-threshold", "0.999"))).isEqualTo("sluice; fwd=miss");
    }

    @Test
    void whoReportsAWrongHitOfItsOwnDoesNotGetItAgain() throws Exception {
        store("/v1/chat/completions", false);
        HttpResponse<String> hit = ask("/v1/chat/completions", OTHERWISE, false);
        assertThat(cache(hit)).matches(SIMILAR);
        String id = header(hit, "x-request-id");
        double before = meter("sluice_cache_feedback_total", "");

        HttpResponse<String> foreign = post("/v1/feedback", "team-b", "{\"request_id\":\"" + id + "\"}");
        assertThat(foreign.statusCode()).isEqualTo(404);
        assertThat(foreign.body()).contains("\"not_found\"");
        assertThat(cache(ask("/v1/chat/completions", ASKED, false))).as("untouched").contains("detail=exact");
        assertThat(meter("sluice_cache_feedback_total", "")).isEqualTo(before);

        HttpResponse<String> own = post("/v1/feedback", "team-a",
                "{\"request_id\":\"" + id + "\",\"reason\":\"wrong\\nkey=forged\"}");
        assertThat(own.statusCode()).isEqualTo(202);
        assertThat(meter("sluice_cache_feedback_total", "")).isEqualTo(before + 1);
        assertThat(cache(ask("/v1/chat/completions", ASKED, false))).as("removed").startsWith("sluice; fwd=miss");
        awaitExact(ASKED);
        assertThat(cache(ask("/v1/chat/completions", OTHERWISE, false, "Cache-Control", "only-if-cached")))
                .as("stored again, but not for this question").isEqualTo("sluice; fwd=miss");
    }

    private void awaitExact(String question) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!cache(ask("/v1/chat/completions", question, false, "Cache-Control", "only-if-cached", "x-sluice-cache",
                "exact")).contains("exact")) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\u0001', value = { "{} | request_id",
            "{\"request_id\":7} | request_id",
            "[] | object", "{\"request_id\":\"x\",\"reason\":7} | reason", "{ | "})
    void aReportThatSaysNothingIsRefused(String body, String about) throws Exception {
        HttpResponse<String> refused = post("/v1/feedback", "team-a", body);

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("invalid_request_error").contains(about == null ? "" : about);
    }

    @Test
    void aReportNeedsAKey() throws Exception {
        HttpResponse<String> refused = client.send(HttpRequest.newBuilder(gateway.resolve("/v1/feedback"))
                .POST(BodyPublishers.ofString("{\"request_id\":\"x\"}")).build(), BodyHandlers.ofString());

        assertThat(refused.statusCode()).isEqualTo(401);
    }
}
