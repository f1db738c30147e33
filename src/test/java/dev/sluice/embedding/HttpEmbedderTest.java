package dev.sluice.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.config.Secret;
import dev.sluice.config.Settings.EmbeddingServer;
import dev.sluice.json.Json;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against a server that answers as it is told to. */
class HttpEmbedderTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String VECTOR = "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,"
            + "\"embedding\":[3,0,4e0]}],\"model\":\"x\"}";

    private final Vertx vertx = Vertx.vertx();
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final List<String> paths = new CopyOnWriteArrayList<>();
    private final List<MultiMap> headers = new CopyOnWriteArrayList<>();
    private volatile BiConsumer<HttpServerRequest, String> behaviour = (request, body) -> request.response()
            .end(VECTOR);
    private HttpServer server;
    private HttpEmbedder embedder;

    @BeforeEach
    void start() {
        server = vertx.createHttpServer().requestHandler(request -> request.bodyHandler(body -> {
            paths.add(request.method() + " " + request.uri());
            headers.add(request.headers());
            bodies.add(body.toString());
            behaviour.accept(request, body.toString());
        })).listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
        embedder = embedder(3, Optional.of("sk-secret"), "Authorization", PATIENCE);
    }

    @AfterEach
    void stop() {
        embedder.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private HttpEmbedder embedder(int dimensions, Optional<String> key, String header, Duration timeout) {
        return new HttpEmbedder(vertx,
                new EmbeddingServer(URI.create("http://127.0.0.1:" + server.actualPort() + "/v1"),
                        "multi\"lingual", dimensions, key.map(Secret::new), header, timeout));
    }

    private float[] embed(String text) {
        return embedder.embed("tenant", text).await().atMost(PATIENCE);
    }

    @Test
    void aVectorIsAskedForAsOpenAiHasItAndComesInLengthOne() {
        float[] vector = embed("Wie \"geht\" das?");

        assertThat(vector).hasSize(3);
        assertThat(vector[0]).isCloseTo(.6f, within(1e-6f));
        assertThat(vector[2]).isCloseTo(.8f, within(1e-6f));
        assertThat(paths).containsExactly("POST /v1/embeddings");
        Json body = Json.parse(bodies.get(0).getBytes(StandardCharsets.UTF_8));
        assertThat(body.string(body.root(), "model")).contains("multi\"lingual");
        assertThat(body.string(body.root(), "input")).contains("Wie \"geht\" das?");
        assertThat(headers.get(0).get("Authorization")).isEqualTo("Bearer sk-secret");
        assertThat(headers.get(0).get("Content-Type")).isEqualTo("application/json");
    }

    @Test
    void aKeyMayGoInAHeaderOfItsOwnAndNeedNotBe() {
        embedder = embedder(3, Optional.of("sk-secret"), "api-key", PATIENCE);
        embed("a");
        assertThat(headers.get(0).get("api-key")).isEqualTo("sk-secret");
        assertThat(headers.get(0).get("Authorization")).isNull();

        embedder = embedder(3, Optional.empty(), "Authorization", PATIENCE);
        embed("b");
        assertThat(headers.get(1).get("Authorization")).isNull();
    }

    @Test
    void itsNameTellsServerModelAndDimensions() {
        assertThat(embedder.id()).contains("127.0.0.1").contains("multi\"lingual").endsWith(".3")
                .doesNotContain("sk-secret").isNotEqualTo(embedder(4, Optional.empty(), "x", PATIENCE).id());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\u0001', value = { //
            "{\"data\":[{\"embedding\":[1,2]}]}        | have 2 dimensions, configured are 3",
            "{\"data\":[{\"embedding\":[1,2,3,4]}]}    | have more than 3 dimensions",
            "{\"data\":[{\"embedding\":\"AACAPw==\"}]} | holds no numbers",
            "{\"data\":[{\"embedding\":[1,2,null]}]}   | holds no numbers",
            "{\"data\":[{\"embedding\":[0,0,0]}]}      | has no direction",
            "{\"data\":[]}                             | have 0 dimensions",
            "{\"data\":[{\"embedding\":[1,             | is not JSON",
            "I am a teapot                             | is not JSON"})
    void whatIsNoVectorIsNone(String answer, String trouble) {
        behaviour = (request, body) -> request.response().end(answer);

        assertThatThrownBy(() -> embed("a")).isInstanceOf(NotEmbedded.class).hasMessageContaining(trouble);
    }

    @ParameterizedTest
    @CsvSource({ "400", "401", "429", "500", "302"})
    void anErrorIsNoVectorAndItsTextIsNotTold(int status) {
        behaviour = (request, body) -> request.response().setStatusCode(status)
                .putHeader("Location", "http://127.0.0.1:1/elsewhere").end("secret text");

        assertThatThrownBy(() -> embed("a")).isInstanceOf(NotEmbedded.class).hasMessageContaining("" + status)
                .hasMessageNotContaining("secret");
        behaviour = (request, body) -> request.response().end(VECTOR);
        assertThat(embed("a")).hasSize(3);
    }

    @Test
    void whoDoesNotAnswerInTimeIsNotWaitedFor() {
        behaviour = (request, body) -> {};
        embedder = embedder(3, Optional.empty(), "Authorization", Duration.ofMillis(200));

        assertThatThrownBy(() -> embed("a")).isInstanceOf(NotEmbedded.class).hasMessageContaining("in time")
                .hasMessageNotContaining("127.0.0.1");
        behaviour = (request, body) -> request.response().end(VECTOR);
        embedder = embedder(3, Optional.empty(), "Authorization", PATIENCE);
        assertThat(embed("a")).hasSize(3);
    }

    @Test
    void aConnectionThatBreaksAndAnEndlessAnswerAreNoVectors() {
        behaviour = (request, body) -> request.connection().close();
        assertThatThrownBy(() -> embed("a")).isInstanceOf(NotEmbedded.class);

        behaviour = (request, body) -> request.response().end("{\"data\":[" + "1,".repeat(100_000) + "1]}");
        assertThatThrownBy(() -> embed("a")).isInstanceOf(NotEmbedded.class);

        behaviour = (request, body) -> request.response().end(VECTOR);
        assertThat(embed("a")).hasSize(3);
    }

    @Test
    void aServerThatIsNotThereIsNoVector() {
        server.close().toCompletionStage().toCompletableFuture().join();

        assertThatThrownBy(() -> embed("a")).isInstanceOf(NotEmbedded.class).hasMessageContaining("reached");
    }

    @Test
    void aFewAreUnderWayAtOnceSomeWaitAndTheRestIsTurnedAway() {
        List<HttpServerRequest> held = new CopyOnWriteArrayList<>();
        behaviour = (request, body) -> held.add(request);
        List<CompletableFuture<float[]>> asked = new ArrayList<>();
        IntStream.range(0, 100).forEach(
                i -> asked.add(embedder.embed("tenant", "t" + i).subscribeAsCompletionStage()));
        await(() -> held.size() == 16);
        CompletableFuture<float[]> quiet = embedder.embed("quiet", "q").subscribeAsCompletionStage();
        assertThat(asked).filteredOn(CompletableFuture::isCompletedExceptionally).as("16 under way, 64 wait")
                .hasSize(21); // the last that waited gave its place to who asked least
        assertThat(quiet.isDone()).isFalse();

        behaviour = (request, body) -> request.response().end(VECTOR);
        held.forEach(request -> request.response().end(VECTOR));

        await(() -> quiet.isDone() && asked.stream().allMatch(CompletableFuture::isDone));
        assertThat(quiet.isCompletedExceptionally()).isFalse();
        assertThat(asked).filteredOn(CompletableFuture::isCompletedExceptionally).hasSize(21);
        assertThat(bodies.subList(16, 19)).as("in turn").anyMatch(body -> body.contains("\"q\""));
    }

    @Test
    void whoHasGivenUpIsNotAskedFor() {
        List<HttpServerRequest> held = new CopyOnWriteArrayList<>();
        behaviour = (request, body) -> held.add(request);
        IntStream.range(0, 16).forEach(i -> embedder.embed("tenant", "t" + i).subscribeAsCompletionStage());
        await(() -> held.size() == 16);
        embedder.embed("tenant", "given up").subscribe().with(vector -> {}, lost -> {}).cancel();
        CompletableFuture<float[]> patient = embedder.embed("tenant", "patient").subscribeAsCompletionStage();

        behaviour = (request, body) -> request.response().end(VECTOR);
        held.forEach(request -> request.response().end(VECTOR));

        assertThat(patient.orTimeout(30, java.util.concurrent.TimeUnit.SECONDS).join()).hasSize(3);
        assertThat(bodies).noneMatch(body -> body.contains("given up"));
    }

    private static void await(java.util.function.BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
