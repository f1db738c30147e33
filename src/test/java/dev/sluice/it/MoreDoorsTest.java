package dev.sluice.it;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponseFor;
import com.openai.errors.BadRequestException;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStatus;
import dev.sluice.json.Tree;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Call;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code /v1/responses} and {@code /v1/embeddings} as applications use them. */
@QuarkusTest
@WithTestResource(World.class)
class MoreDoorsTest {
    private final String salt = UUID.randomUUID().toString();

    @BeforeEach
    void quiet() {
        World.provider().always(Act.ok());
    }

    private static OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder().baseUrl("http://localhost:" + RestAssured.port + "/v1")
                .apiKey(World.secret(key)).maxRetries(0).build();
    }

    private static ValidatableResponse post(String path, String key, String body) {
        return given().contentType(ContentType.JSON).header("Authorization", "Bearer " + World.secret(key)).body(body)
                .post(path).then();
    }

    @Test
    void aSimulatedProviderAnswersAsAResponse() {
        // given
        ResponseCreateParams question = ResponseCreateParams.builder().model("simulated").store(false)
                .instructions("Be brief.").input("What is a sluice? " + salt).build();

        // when
        Response first = client("team-a").responses().create(question);
        try (HttpResponseFor<Response> second = client("team-a").responses().withRawResponse().create(question)) {

            // then
            assertThat(first.status()).contains(ResponseStatus.COMPLETED);
            assertThat(first.output().get(0).asMessage().content().get(0).asOutputText().text())
                    .contains("What is a sluice?");
            assertThat(first.model().asString()).isEqualTo("simulated");
            assertThat(first.usage().orElseThrow().outputTokens()).isPositive();
            assertThat(second.headers().values("Cache-Status").get(0)).containsAnyOf("hit", "collapsed");
            assertThat(second.headers().values("x-sluice-cost-usd")).containsExactly("0");
            assertThat(second.parse().id()).isEqualTo(first.id());
        }
    }

    @Test
    void aResponseReachesAnOpenAiProviderAsItIsAndItsPromptCacheIsAccountedFor() {
        // given an answer half of whose prompt came from the provider's cache
        World.provider().next(Act.body(response("resp_" + salt, true)));
        String body = "{ \"model\" : \"cheap\", \"input\":\"x " + salt + "\", \"new_member\": [1.0] }";

        // when
        ValidatableResponse answer = post("/v1/responses", "team-a", body);

        // then
        answer.statusCode(200).header("Cache-Status", "sluice; fwd=bypass").body("model", equalTo("cheap"))
                // 500 tokens at 0.42, 500 at 0.07, 10 at 2.10 dollars a million
                .header("x-sluice-cost-usd", "0.000266");
        Call call = World.provider().lastCall();
        assertThat(call.uri()).isEqualTo("/v1/responses");
        assertThat(new String(call.body(), StandardCharsets.UTF_8))
                .isEqualTo(body.replace("\"cheap\"", "\"cheap-upstream\""));
    }

    @Test
    void anIdCountsOnlyForTheTenantThatItWasIssuedTo() {
        World.provider().always(Act.body(response("resp_" + salt, true)));
        post("/v1/responses", "team-a", "{\"model\":\"cheap\",\"input\":\"x\"}").statusCode(200);
        String next = "{\"model\":\"cheap\",\"input\":\"y\",\"previous_response_id\":\"resp_" + salt + "\"}";

        post("/v1/responses", "team-a", next).statusCode(200);
        int calls = World.provider().calls().size();
        post("/v1/responses", "team-b", next).statusCode(400)
                .body("error.code", equalTo("previous_response_not_found"));
        post("/v1/responses", "team-b", "{\"model\":\"cheap\",\"input\":\"y\",\"conversation\":\"conv_" + salt + "\"}")
                .statusCode(404);

        assertThat(World.provider().calls()).hasSize(calls);
    }

    @Test
    void whatTheGatewayDoesNotServeIsRefusedClearly() {
        post("/v1/responses", "team-a", "{\"model\":\"cheap\",\"input\":\"x\",\"background\":true}").statusCode(400)
                .body("error.param", equalTo("background"));
        post("/v1/responses", "team-a",
                "{\"model\":\"simulated\",\"input\":\"x\",\"tools\":[{\"type\":\"web_search\"}]}").statusCode(400)
                .body("error.param", equalTo("tools[0]"));
        post("/v1/embeddings", "team-a", "{\"model\":\"auto\",\"input\":\"x\"}").statusCode(400)
                .body("error.param", equalTo("model"));
        assertThatThrownBy(() -> client("team-a").embeddings().create(
                EmbeddingCreateParams.builder().model("simulated").inputOfArrayOfStrings(List.of()).build()))
                .isInstanceOf(BadRequestException.class);
    }

    @Test
    void embeddingsArePaidOnceForEachInput() {
        // given
        List<String> texts = IntStream.range(0, 100).mapToObj(i -> "text " + i + " " + salt).toList();
        EmbeddingCreateParams most = EmbeddingCreateParams.builder().model("simulated")
                .inputOfArrayOfStrings(texts.subList(0, 90)).build();
        client("team-a").embeddings().create(most);
        awaitKept(most);

        // when
        EmbeddingCreateParams all = EmbeddingCreateParams.builder().model("simulated").inputOfArrayOfStrings(texts)
                .build();
        try (HttpResponseFor<CreateEmbeddingResponse> response = client("team-a").embeddings().withRawResponse()
                .create(all)) {

            // then
            assertThat(response.headers().values("Cache-Status"))
                    .containsExactly("sluice; fwd=partial; stored; detail=\"90 of 100\"");
            CreateEmbeddingResponse answer = response.parse();
            assertThat(answer.data()).hasSize(100);
            assertThat(answer.data()).extracting(each -> each.index())
                    .containsExactlyElementsOf(IntStream.range(0, 100).mapToObj(Long::valueOf).toList());
            CreateEmbeddingResponse alone = client("team-a").embeddings()
                    .create(EmbeddingCreateParams.builder().model("simulated").input(texts.get(95)).build());
            assertThat(alone.data().get(0).embedding()).isEqualTo(answer.data().get(95).embedding()).hasSize(256);
        }
    }

    /** What was answered is stored a moment later. (The client itself answers what says only-if-cached.) */
    private static void awaitKept(EmbeddingCreateParams params) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (System.nanoTime() < deadline) {
            try (HttpResponseFor<CreateEmbeddingResponse> again = client("team-a").embeddings().withRawResponse()
                    .create(params)) {
                if (again.headers().values("Cache-Status").get(0).contains("hit")) {
                    return;
                }
            }
        }
        throw new AssertionError("The embeddings were not stored.");
    }

    @Test
    void tokensFormatsAndDimensionsAreTheProvidersMatter() {
        // given
        World.provider().next(Act.body("""
                {"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAAAA="},
                {"object":"embedding","index":1,"embedding":"AAAAAAAAgD8="}],"model":"upstream",
                "usage":{"prompt_tokens":3,"total_tokens":3}}"""));
        int token = Math.abs(salt.hashCode());
        String body = "{\"model\":\"embedder\",\"input\":[[1,%d],[3]],\"encoding_format\":\"base64\",\"dimensions\":2}"
                .formatted(token);

        // when
        post("/v1/embeddings", "team-a", body).statusCode(200).header("x-sluice-cost-usd", "0.00000006");

        // then
        assertThat(new String(World.provider().lastCall().body(), StandardCharsets.UTF_8)).isEqualTo(body);
        assertThat(World.provider().lastCall().uri()).isEqualTo("/v1/embeddings");
    }

    private static String response(String id, boolean store) {
        return Tree.object(("""
                {"id":"%s","object":"response","created_at":1,"status":"completed","error":null,
                "incomplete_details":null,"instructions":null,"model":"upstream","store":%s,"output":[
                {"id":"msg_%s","type":"message","status":"completed","role":"assistant","content":[
                {"type":"output_text","text":"Hi","annotations":[]}]}],"parallel_tool_calls":true,"temperature":1,
                "tool_choice":"auto","tools":[],"top_p":1,"metadata":{},
                "usage":{"input_tokens":1000,"input_tokens_details":{"cached_tokens":500},"output_tokens":10,
                "output_tokens_details":{"reasoning_tokens":0},"total_tokens":1010}}""").formatted(id, store, id)
                .getBytes(StandardCharsets.UTF_8)).toString();
    }
}
