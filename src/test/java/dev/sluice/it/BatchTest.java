package dev.sluice.it;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(World.class)
class BatchTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TestHTTPResource
    URI gateway;

    private final String unique = UUID.randomUUID().toString();

    @BeforeEach
    void quiet() {
        provider().always(Act.ok());
    }

    @Test
    void eachLineIsAnsweredAndTheSummaryComesLast() throws IOException {
        List<JsonNode> lines;
        try (BatchCall batch = BatchCall.open(gateway, "team-a", "", "x-request-id: nightly\r\n")) {
            batch.send(line("a", "one"), "", "nonsense", line("b", "two"), line("c", "one"), stranger("d")).sendEnd();

            assertThat(batch.status()).isEqualTo(200);
            assertThat(batch.header("Content-Type")).isEqualTo("application/x-ndjson");
            assertThat(batch.header("x-request-id")).isEqualTo("nightly");
            lines = batch.readAll();
        }

        JsonNode summary = lines.remove(lines.size() - 1).get("summary");
        assertThat(lines).extracting(line -> line.get("custom_id").textValue())
                .containsExactlyInAnyOrder("a", "b", "c", "d", null);
        assertThat(lines).extracting(line -> line.get("request_id").textValue())
                .containsExactlyInAnyOrder("nightly-1", "nightly-3", "nightly-4", "nightly-5", "nightly-6");
        assertThat(one(lines, "a").at("/body/choices/0/message/content").textValue()).startsWith("Answer to");
        assertThat(one(lines, "a").at("/body/model").textValue()).isEqualTo("cheap");
        assertThat(one(lines, "d").get("status").intValue()).isEqualTo(404);
        assertThat(one(lines, "d").at("/body/error/code").textValue()).isEqualTo("model_not_found");
        assertThat(one(lines, null).get("line").intValue()).isEqualTo(3);
        assertThat(summary.get("total").intValue()).isEqualTo(5);
        assertThat(summary.get("succeeded").intValue()).isEqualTo(3);
        assertThat(summary.get("failed").intValue()).isEqualTo(2);
        BigDecimal costs = lines.stream().map(line -> new BigDecimal(line.get("cost_usd").textValue()))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
        assertThat(new BigDecimal(summary.get("cost_usd").textValue())).isEqualByComparingTo(costs).isPositive();
    }

    @Test
    void aLineMayBeForAnyEndpoint() throws IOException {
        List<JsonNode> lines;
        try (BatchCall batch = BatchCall.open(gateway, "team-a", "")) {
            batch.send(
                    at("chat", "/v1/chat/completions",
                            "\"messages\":[{\"role\":\"user\",\"content\":\"" + unique + "\"}]"),
                    at("response", "/v1/responses", "\"store\":false,\"input\":\"" + unique + "\""),
                    at("embedding", "/v1/embeddings", "\"input\":[\"" + unique + "\",\"other\"]"),
                    at("message", "/v1/messages",
                            "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"" + unique + "\"}]"),
                    at("empty", "/v1/messages", "\"messages\":[]"),
                    at("stranger", "/v1/files", "\"input\":\"x\"")).sendEnd();
            lines = batch.readAll();
        }

        assertThat(one(lines, "chat").at("/body/object").textValue()).isEqualTo("chat.completion");
        assertThat(one(lines, "response").at("/body/object").textValue()).isEqualTo("response");
        assertThat(one(lines, "embedding").at("/body/data")).hasSize(2);
        assertThat(one(lines, "message").at("/body/type").textValue()).isEqualTo("message");
        assertThat(one(lines, "empty").at("/body/type").textValue()).isEqualTo("error"); // in its dialect's shape
        assertThat(one(lines, "empty").at("/body/error/type").textValue()).isEqualTo("invalid_request_error");
        assertThat(one(lines, "stranger").at("/body/error/param").textValue()).isEqualTo("url");
        assertThat(lines.get(lines.size() - 1).at("/summary/succeeded").intValue()).isEqualTo(4);
    }

    private static String at(String id, String url, String members) {
        return "{\"custom_id\":\"" + id + "\",\"method\":\"POST\",\"url\":\"" + url
                + "\",\"body\":{\"model\":\"simulated\"," + members + "}}";
    }

    @Test
    void answersInTheOrderOfTheLinesWhereThatIsAskedFor() throws IOException {
        provider().next(Act.ok().after(Duration.ofMillis(500)));

        try (BatchCall batch = BatchCall.open(gateway, "team-a", "?ordered=true")) {
            batch.send(IntStream.range(0, 30).mapToObj(i -> line("id-" + i, "q" + i)).toArray(String[]::new))
                    .sendEnd();

            List<JsonNode> lines = batch.readAll();
            assertThat(lines.subList(0, 30)).extracting(line -> line.get("custom_id").textValue())
                    .isEqualTo(IntStream.range(0, 30).mapToObj(i -> "id-" + i).toList());
        }
    }

    @Test
    void anAnswerComesBeforeTheNextLineIsSentAndIsTheCachesTheSecondTime() throws IOException {
        try (BatchCall batch = BatchCall.open(gateway, "team-a", "")) {
            for (int i = 0; i < 5; i++) {
                batch.send(line("id-" + i, "the same"));

                JsonNode answer = batch.read();
                assertThat(answer.get("custom_id").textValue()).isEqualTo("id-" + i);
                assertThat(answer.get("cached").booleanValue()).isEqualTo(i > 0);
            }
            batch.sendEnd();

            JsonNode summary = batch.read().get("summary");
            assertThat(summary.get("cached").intValue()).isEqualTo(4);
            assertThat(new BigDecimal(summary.get("saved_usd").textValue()))
                    .isEqualByComparingTo(new BigDecimal(summary.get("cost_usd").textValue()).multiply(
                            BigDecimal.valueOf(4)));
            assertThat(batch.read()).isNull();
        }
    }

    @Test
    void atMostTenLinesAreUnderWayAtOnce() throws IOException {
        int before = provider().calls().size();
        provider().always(Act.ok().after(Duration.ofMillis(20)));

        try (BatchCall batch = BatchCall.open(gateway, "team-a", "")) {
            batch.send(IntStream.range(0, 100).mapToObj(i -> line("id-" + i, "many " + i)).toArray(String[]::new))
                    .sendEnd();
            assertThat(batch.readAll()).hasSize(101);
        }

        assertThat(provider().calls().size() - before).isEqualTo(100);
        assertThat(provider().mostRunning()).isLessThanOrEqualTo(10);
    }

    /** Sixty requests a minute and a burst of ten: what is asked beyond has to come from what a second brings back. */
    @Test
    void linesWaitForTheRatesOfTheirKey() throws IOException {
        List<JsonNode> lines;
        try (BatchCall batch = BatchCall.open(gateway, "small", "")) {
            batch.send(IntStream.range(0, 14).mapToObj(i -> line("id-" + i, "slow " + i)).toArray(String[]::new))
                    .sendEnd();
            lines = batch.readAll();
        }

        assertThat(lines.get(14).get("summary").get("succeeded").intValue()).isEqualTo(14);
        as("small").get("/v1/usage").then().body("total.requests", equalTo(14)).body("total.failures", equalTo(0));
    }

    @Test
    void aProvidersBusyMomentIsWaitedForAndItsFaultFailsOnlyItsLine() throws IOException {
        provider().next(Act.status(429).header("Retry-After", "1"), Act.status(429).header("Retry-After", "1"),
                Act.status(429).header("Retry-After", "1"), Act.ok(), Act.status(400), Act.ok());

        try (BatchCall batch = BatchCall.open(gateway, "team-a", "")) {
            batch.send(line("a", "busy"));
            assertThat(batch.read().get("status").intValue()).isEqualTo(200);
            batch.send(line("b", "faulty"));
            JsonNode faulty = batch.read();
            assertThat(faulty.get("status").intValue()).isEqualTo(400);
            assertThat(faulty.at("/body/error/message").textValue()).isEqualTo("mock says 400");
            batch.send(line("c", "fine")).sendEnd();
            assertThat(batch.read().get("status").intValue()).isEqualTo(200);
        }
    }

    @Test
    void theLimitOfABodyHoldsForEachLineAndNotForAllOfThem() throws IOException {
        byte[] half = new byte[6 << 20];
        Arrays.fill(half, (byte) 'x');

        try (BatchCall batch = BatchCall.open(gateway, "team-a", "?ordered=true")) {
            for (int i = 0; i < 3; i++) {
                String[] around = line("id-" + i, "@").split("@");
                batch.send(around[0].getBytes(StandardCharsets.UTF_8)).send(half).send(around[1]);
            }
            batch.send(half).send(half).send("\n".getBytes(StandardCharsets.UTF_8)).send(line("last", "small"))
                    .sendEnd();

            List<JsonNode> lines = batch.readAll();
            assertThat(lines.subList(0, 5)).extracting(line -> line.get("status").intValue())
                    .containsExactly(200, 200, 200, 413, 200);
            assertThat(lines.get(3).get("line").intValue()).isEqualTo(4);
        }
    }

    @Test
    void aClientThatGoesEndsTheCallsToTheProvider() throws IOException {
        int calls = provider().calls().size();
        int abandoned = provider().abandoned();
        provider().always(Act.hang());

        try (BatchCall batch = BatchCall.open(gateway, "team-a", "")) {
            batch.send(IntStream.range(0, 50).mapToObj(i -> line("id-" + i, "hang " + i)).toArray(String[]::new));
            provider().awaitCalls(calls + 10, SOON);
        }

        provider().awaitAbandoned(abandoned + 10, SOON);
        assertThat(provider().calls().size()).isEqualTo(calls + 10);
    }

    @Test
    void aClientThatDoesNotReadIsNotReadFrom() throws IOException {
        int before = provider().calls().size();
        byte[] answer = ("{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"content\":\""
                + "x".repeat(1 << 20) + "\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}")
                .getBytes(StandardCharsets.UTF_8);
        provider().always(Act.ok().withBody(answer));

        try (BatchCall batch = BatchCall.open(gateway, "team-a", "")) {
            batch.send(IntStream.range(0, 200).mapToObj(i -> line("id-" + i, "large " + i)).toArray(String[]::new))
                    .sendEnd();
            provider().awaitCalls(before + 10, SOON);
            assertThat(provider().calls().size() - before).as("lines begun for a client that reads nothing")
                    .isLessThan(100);

            assertThat(batch.readAll()).hasSize(201);
        }
        assertThat(provider().calls().size() - before).isEqualTo(200);
    }

    @Test
    void whoMayNotAskIsToldBeforeAnythingIsRead() {
        given().header("Authorization", "Bearer sk-wrong").body("{}\n").post("/v1/batch").then().statusCode(401)
                .header("x-request-id", org.hamcrest.Matchers.startsWith("req_"))
                .body("error.code", equalTo("invalid_api_key"));
        as("team-a").body("{}\n").post("/v1/batch?ordered=maybe").then().statusCode(400)
                .body("error.param", equalTo("ordered"));
        as("team-a").header("x-sluice-priority", "now").body("{}\n").post("/v1/batch").then().statusCode(400)
                .body("error.param", equalTo("x-sluice-priority"));
        as("team-a").get("/v1/batch").then().statusCode(405).header("Allow", "POST")
                .body("error.code", equalTo("method_not_supported"));
    }

    @Test
    void whatIsAskedByHeaderHoldsForEachLine() throws IOException {
        try (BatchCall batch = BatchCall.open(gateway, "team-a", "", "Cache-Control: only-if-cached\r\n")) {
            batch.send(line("a", "unknown")).sendEnd();

            assertThat(batch.read().at("/body/error/code").textValue()).isEqualTo("not_cached");
        }
    }

    @Test
    void itIsDescribedLikeThePathsThatAreResources() {
        given().header("Accept", "application/json").get("/q/openapi").then().statusCode(200)
                .body("paths.'/v1/batch'.post.summary", org.hamcrest.Matchers.startsWith("Many requests"))
                .body("paths.'/v1/models'.get", org.hamcrest.Matchers.notNullValue());
    }

    @Test
    void whoWaitsToBeToldToGoOnIsTold() throws IOException {
        try (BatchCall batch = BatchCall.open(gateway, "team-a", "", "Expect: 100-continue\r\n")) {
            batch.sendEnd();

            assertThat(batch.status()).isEqualTo(200);
            assertThat(batch.read().get("summary").get("total").intValue()).isZero();
        }
    }

    private static MockProvider provider() {
        return World.provider();
    }

    private static io.restassured.specification.RequestSpecification as(String key) {
        return given().header("Authorization", "Bearer " + World.secret(key));
    }

    private String line(String id, String content) {
        return BatchCall.line(id, "cheap", content + " " + unique);
    }

    private static String stranger(String id) {
        return BatchCall.line(id, "nobody", "x");
    }

    private static JsonNode one(List<JsonNode> lines, String id) {
        return lines.stream().filter(line -> java.util.Objects.equals(line.get("custom_id").textValue(), id))
                .findFirst().orElseThrow();
    }
}
