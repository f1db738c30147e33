package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.json.Json;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Ending;
import dev.sluice.upstream.MockProvider.Piece;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code Idempotency-Key} as clients see it. */
@QuarkusTest
@WithTestResource(World.class)
class IdempotencyTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String REPLAYED = "sluice; hit; detail=idempotency";
    private static final String CHUNK = "data: {\"id\":\"1\",\"model\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":"
            + "{\"content\":\"%s\"},\"finish_reason\":%s}]}\n\n";

    private final HttpClient client = HttpClient.newHttpClient();
    private final MockProvider provider = World.provider();
    private final String name = UUID.randomUUID().toString();
    private final String body = "{\"model\":\"cheap\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Why "
            + name + "?\"}]}";
    private final String streamed = "{\"stream\":true," + body.substring(1);

    @TestHTTPResource
    URI gateway;

    @AfterEach
    void behaveAgain() {
        provider.always(Act.ok());
    }

    private HttpRequest request(String path, String key, String idempotencyKey, String content) {
        return HttpRequest.newBuilder(gateway.resolve(path)).header("Authorization", "Bearer " + World.secret(key))
                .header("Content-Type", "application/json").header("Idempotency-Key", idempotencyKey)
                .POST(HttpRequest.BodyPublishers.ofString(content)).build();
    }

    private CompletableFuture<HttpResponse<String>> start(String path, String key, String content) {
        return client.sendAsync(request(path, key, name, content), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String key, String content) {
        return start(path, key, content).orTimeout(20, TimeUnit.SECONDS).join();
    }

    private HttpResponse<String> post(String content) {
        return post(CHAT, "team-a", content);
    }

    private static String header(HttpResponse<?> response, String header) {
        return response.headers().firstValue(header).orElse(null);
    }

    private static void isFirst(HttpResponse<?> response) {
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "Cache-Status")).startsWith("sluice; fwd=miss");
        assertThat(header(response, "x-sluice-attempts")).isEqualTo("1");
    }

    private static void isReplay(HttpResponse<?> response) {
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "Cache-Status")).isEqualTo(REPLAYED);
        assertThat(header(response, "x-sluice-cost-usd")).isEqualTo("0");
        assertThat(header(response, "x-sluice-attempts")).isEqualTo("0");
        assertThat(header(response, "x-sluice-model")).isEqualTo("cheap");
    }

    private static void isMismatch(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(422);
        assertThat(response.body()).contains("idempotency_mismatch");
    }

    /** The provider tells its next stream in pieces, with pauses in between. */
    private void tellSlowly(Duration pause, int words, Ending ending) {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < words; i++) {
            pieces.add(new Piece(i == 0 ? Duration.ZERO : pause, CHUNK.formatted("word " + i + ".", "null")));
        }
        if (ending == Ending.WHOLE) {
            pieces.add(new Piece(pause, CHUNK.formatted("", "\"stop\"") + "data: {\"id\":\"1\",\"model\":\"theirs\","
                    + "\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":50}}\n\n"
                    + "data: [DONE]\n\n"));
        }
        provider.next(Act.pieces(pieces).ending(ending));
    }

    private static String withoutCost(String events) {
        return events.replaceAll(": sluice cost-usd=[0-9.]+\n\n", "");
    }

    private long usage(String figure) throws Exception {
        Json usage = Json.parse(client.send(HttpRequest.newBuilder(gateway.resolve("/v1/usage"))
                .header("Authorization", "Bearer " + World.secret("team-a")).build(), BodyHandlers.ofByteArray())
                .body());
        int total = usage.member(usage.root(), "total");
        int value = usage.member(total, figure);
        return new BigDecimal(usage.string(total, figure).orElseGet(() -> usage.literal(value))).movePointRight(9)
                .longValueExact();
    }

    @Test
    void theSameNameAndBodyGetTheFirstAnswerAgainAndPayNothing() throws Exception {
        int calls = provider.calls().size();
        long before = usage("cost_usd");

        HttpResponse<String> first = post(body);
        HttpResponse<String> again = post(body);
        HttpResponse<String> otherwiseWritten = post(body.replace(":", " : ").replace(" : \"Why", ":\"Why"));

        isFirst(first);
        for (HttpResponse<String> replay : List.of(again, otherwiseWritten)) {
            isReplay(replay);
            assertThat(replay.body()).isEqualTo(first.body());
            assertThat(header(replay, "Content-Type")).isEqualTo(header(first, "Content-Type"));
            assertThat(header(replay, "x-sluice-saved-usd")).isEqualTo(header(first, "x-sluice-cost-usd"));
            assertThat(header(replay, "x-request-id")).isNotEqualTo(header(first, "x-request-id"));
        }
        assertThat(provider.calls()).hasSize(calls + 1);
        assertThat(usage("cost_usd") - before)
                .isEqualTo(new BigDecimal(header(first, "x-sluice-cost-usd")).movePointRight(9).longValueExact());
    }

    @Test
    void theCacheNeitherGivesNorTakesPart() {
        HttpResponse<String> unnamed = client.sendAsync(HttpRequest.newBuilder(gateway.resolve(CHAT))
                .header("Authorization", "Bearer " + World.secret("team-a")).header("Content-Type", "application/json")
                .header("x-sluice-cache", "off").POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofString()).join();
        int calls = provider.calls().size();
        HttpRequest named = HttpRequest.newBuilder(request(CHAT, "team-a", name, body), (n, v) -> true)
                .header("x-sluice-cache", "off").build();

        HttpResponse<String> first = client.sendAsync(named, BodyHandlers.ofString()).join();
        HttpResponse<String> again = client.sendAsync(named, BodyHandlers.ofString()).join();

        assertThat(unnamed.statusCode()).isEqualTo(200);
        assertThat(header(first, "Cache-Status")).isEqualTo("sluice; fwd=bypass");
        isReplay(again);
        assertThat(provider.calls()).hasSize(calls + 1);
    }

    @Test
    void anotherBodyIsRefusedWhileItRunsAndAfterwards() {
        int calls = provider.calls().size();
        provider.next(Act.ok().after(Duration.ofSeconds(1)));
        CompletableFuture<HttpResponse<String>> first = start(CHAT, "team-a", body);
        provider.awaitCalls(calls + 1, Duration.ofSeconds(10));

        isMismatch(post(body.replace("Why", "Who")));
        assertThat(first).isNotDone();
        isFirst(first.join());
        isMismatch(post(body.replace("Why", "Who")));
        isMismatch(post(streamed));
        isMismatch(post(body.replace("\"max_tokens\":9", "\"max_tokens\":8")));

        isReplay(post(body));
        assertThat(provider.calls()).hasSize(calls + 1);
    }

    @Test
    void theRefusalIsInTheDialectOfTheEndpoint() {
        String question = body.replace("\"cheap\"", "\"claude\"");
        post("/v1/messages", "team-a", question);

        HttpResponse<String> refused = post("/v1/messages", "team-a", question.replace("Why", "Who"));

        assertThat(refused.statusCode()).isEqualTo(422);
        Json error = Json.parse(refused.body().getBytes(StandardCharsets.UTF_8));
        assertThat(error.string(error.root(), "type")).contains("error");
        assertThat(refused.body()).contains("Idempotency-Key");
    }

    @Test
    void whoAsksWhileItRunsGetsTheSameAnswer() {
        int calls = provider.calls().size();
        provider.next(Act.ok().after(Duration.ofSeconds(1)));
        CompletableFuture<HttpResponse<String>> first = start(CHAT, "team-a", body);
        provider.awaitCalls(calls + 1, Duration.ofSeconds(10));

        List<CompletableFuture<HttpResponse<String>>> joining = IntStream.range(0, 5)
                .mapToObj(i -> start(CHAT, "team-a", body)).toList();

        isFirst(first.join());
        for (CompletableFuture<HttpResponse<String>> joined : joining) {
            isReplay(joined.orTimeout(20, TimeUnit.SECONDS).join());
            assertThat(joined.join().body()).isEqualTo(first.join().body());
        }
        assertThat(provider.calls()).hasSize(calls + 1);
    }

    @Test
    void aNameCountsForOneKeyAndOneEndpoint() {
        int calls = provider.calls().size();
        String question = body.replace("\"cheap\"", "\"simulated\"");

        isFirst(post(CHAT, "team-a", body));
        isFirst(post(CHAT, "team-b", body));
        HttpResponse<String> elsewhere = post("/v1/messages", "team-a", question);
        HttpResponse<String> embedded = post("/v1/embeddings", "team-a",
                "{\"model\":\"embedder\",\"input\":\"" + name + "\"}");

        assertThat(provider.calls().size() - calls).isBetween(2, 3);
        assertThat(elsewhere.statusCode()).as(elsewhere.body()).isEqualTo(200);
        assertThat(header(elsewhere, "Cache-Status")).isNotEqualTo(REPLAYED);
        assertThat(embedded.statusCode()).isNotEqualTo(422);
        assertThat(header(post("/v1/messages", "team-a", question), "Cache-Status")).isEqualTo(REPLAYED);
        isMismatch(post(CHAT, "team-b", question));
    }

    @Test
    void whatIsNotAnAnswerIsNotRemembered() {
        provider.next(Act.status(400), Act.status(401));

        assertThat(post(body).statusCode()).isEqualTo(400);
        assertThat(post(body).statusCode()).isEqualTo(502);
        isFirst(post(body));
        isReplay(post(body));
    }

    @Test
    void aReplayTakesNothingFromTheRates() {
        assertThat(post(CHAT, "small", body).statusCode()).isEqualTo(200);

        for (int i = 0; i < 30; i++) {
            isReplay(post(CHAT, "small", body));
        }
    }

    @Test
    void aStreamIsToldAgainAsItWasTold() {
        int calls = provider.calls().size();
        tellSlowly(Duration.ofMillis(10), 5, Ending.WHOLE);

        HttpResponse<String> first = post(streamed);
        HttpResponse<String> again = post(streamed);

        isFirst(first);
        isReplay(again);
        assertThat(header(again, "Content-Type")).startsWith("text/event-stream");
        assertThat(header(again, "x-sluice-saved-usd")).isNotEqualTo("0");
        assertThat(withoutCost(again.body())).isEqualTo(withoutCost(first.body()))
                .containsSubsequence("word 0.", "word 4.", "[DONE]");
        assertThat(again.body()).contains(": sluice cost-usd=0\n");
        assertThat(provider.calls()).hasSize(calls + 1);
    }

    @Test
    void aStreamIsJoinedWhileItIsTold() throws Exception {
        int calls = provider.calls().size();
        tellSlowly(Duration.ofMillis(200), 15, Ending.WHOLE);
        HttpResponse<InputStream> first = client.send(request(CHAT, "team-a", name, streamed),
                BodyHandlers.ofInputStream());
        CompletableFuture<String> heard = CompletableFuture.supplyAsync(() -> read(first));

        HttpResponse<InputStream> joined = client.send(request(CHAT, "team-a", name, streamed),
                BodyHandlers.ofInputStream());

        isReplay(joined);
        assertThat(joined.body().read()).isEqualTo('d');
        assertThat(heard).as("it is still being told").isNotDone();
        assertThat(withoutCost("d" + read(joined))).isEqualTo(withoutCost(heard.join()))
                .containsSubsequence("word 0.", "word 1.", "word 14.", "[DONE]");
        assertThat(provider.calls()).hasSize(calls + 1);
    }

    private static String read(HttpResponse<InputStream> stream) {
        return new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8)).lines()
                .collect(Collectors.joining("\n", "", "\n"));
    }

    @Test
    void aStreamGoesOnWithoutItsClientWhileItIsJoined() throws Exception {
        int calls = provider.calls().size();
        tellSlowly(Duration.ofMillis(200), 15, Ending.WHOLE);
        HttpResponse<InputStream> first = client.send(request(CHAT, "team-a", name, streamed),
                BodyHandlers.ofInputStream());
        first.body().read();
        HttpResponse<InputStream> joined = client.send(request(CHAT, "team-a", name, streamed),
                BodyHandlers.ofInputStream());
        assertThat(joined.body().read()).isEqualTo('d');

        first.body().close();

        assertThat("d" + read(joined)).containsSubsequence("word 0.", "word 1.", "word 14.", "[DONE]");
        isReplay(post(streamed));
        assertThat(provider.calls()).hasSize(calls + 1);
    }

    @Test
    void aWholeCallGoesOnWithoutItsClientWhichMayComeBack() {
        int calls = provider.calls().size();
        provider.next(Act.ok().after(Duration.ofSeconds(1)));
        CompletableFuture<HttpResponse<String>> first = start(CHAT, "team-a", body);
        provider.awaitCalls(calls + 1, Duration.ofSeconds(10));

        first.cancel(true);
        LockSupport.parkNanos(200_000_000);

        isReplay(post(body));
        assertThat(provider.calls()).hasSize(calls + 1);
    }

    @Test
    void aStreamThatBrokeOffIsNotRemembered() {
        tellSlowly(Duration.ofMillis(10), 3, Ending.CLOSE);
        HttpResponse<String> broken = post(streamed);
        tellSlowly(Duration.ofMillis(10), 3, Ending.WHOLE);

        HttpResponse<String> well = post(streamed);

        assertThat(broken.body()).contains("word 2.", "error").doesNotContain("[DONE]");
        assertThat(well.body()).contains("word 2.", "[DONE]");
        assertThat(header(well, "Cache-Status")).isNotEqualTo(REPLAYED);
        isReplay(post(streamed));
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 256})
    void aNameHasOneTo255Characters(int length) {
        HttpResponse<String> refused = client.sendAsync(request(CHAT, "team-a", "x".repeat(length), body),
                BodyHandlers.ofString()).join();

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("Idempotency-Key");
    }
}
