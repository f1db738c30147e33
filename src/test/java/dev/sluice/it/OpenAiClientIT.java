package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseStreamEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.RestAssured;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's own Java client, unmodified: only the base URL and the key are ours. What speaks is told by the model's name. */
@QuarkusIntegrationTest
@WithTestResource(ClientsWorld.class)
class OpenAiClientIT {
    private final String unique = "Grüße 😀 " + UUID.randomUUID();
    private OpenAIClient client;

    @BeforeEach
    void connect() { // the port is known only now
        client = client(World.secret("team-a"), 2);
    }

    /** What a tool takes; the client makes the tool of it. */
    public static final class GetWeather {
        public String city;
    }

    /** What a structured answer has to look like. */
    public static final class City {
        public String name;
        public int people;
    }

    private static OpenAIClient client(String key, int retries) {
        return OpenAIOkHttpClient.builder().baseUrl("http://localhost:" + RestAssured.port + "/v1").apiKey(key)
                .maxRetries(retries).build();
    }

    @ParameterizedTest
    @ValueSource(strings = { "gpt", "claude", "auto"})
    void asksAndIsAnsweredAndTheSecondTimeFromTheCache(String model) {
        ChatCompletionCreateParams question = question(model).build();

        ChatCompletion first = client.chat().completions().create(question);
        try (HttpResponseFor<ChatCompletion> second = client.chat().completions().withRawResponse().create(question)) {

            assertThat(text(first)).isEqualTo("You said: " + unique);
            assertThat(first.usage().orElseThrow().totalTokens()).isEqualTo(14);
            assertThat(text(second.parse())).isEqualTo(text(first));
            assertThat(second.headers().values("x-sluice-cost-usd")).containsExactly("0");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "gpt", "claude"})
    void isToldAnAnswerInChunks(String model) {
        ChatCompletionCreateParams question = question(model)
                .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build()).build();

        ChatCompletion told = stream(question);
        ChatCompletion replayed = stream(question);

        assertThat(text(told)).isEqualTo("You said: " + unique);
        assertThat(told.model()).isEqualTo(model);
        assertThat(told.usage().orElseThrow().completionTokens()).isEqualTo(5);
        assertThat(text(replayed)).isEqualTo(text(told));
    }

    @ParameterizedTest
    @ValueSource(strings = { "gpt", "claude"})
    void callsAToolAndTellsItsResult(String model) {
        ChatCompletionCreateParams.Builder conversation = question(model).addTool(GetWeather.class);

        ChatCompletion first = client.chat().completions().create(conversation.build());
        ChatCompletionMessageFunctionToolCall call = first.choices().get(0).message().toolCalls().orElseThrow().get(0)
                .asFunction();
        conversation.addMessage(first.choices().get(0).message()).addMessage(ChatCompletionToolMessageParam.builder()
                .toolCallId(call.id()).content("21 degrees " + unique).build());
        ChatCompletion second = client.chat().completions().create(conversation.build());

        assertThat(first.choices().get(0).finishReason())
                .isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        assertThat(call.function().name()).isEqualTo("get_weather");
        assertThat(call.function().arguments().replace(" ", "")).isEqualTo(SpeakingProvider.CALL);
        assertThat(text(second)).isEqualTo("You said: 21 degrees " + unique);
    }

    @ParameterizedTest
    @ValueSource(strings = { "gpt", "claude"})
    void isToldACallOfAToolInChunks(String model) {
        ChatCompletion told = stream(question(model).addTool(GetWeather.class).build());

        assertThat(told.choices().get(0).message().toolCalls().orElseThrow()).singleElement()
                .satisfies(call -> assertThat(call.asFunction().function().arguments().replace(" ", ""))
                        .isEqualTo(SpeakingProvider.CALL));
    }

    @Test
    void getsAStructuredAnswer() {
        City city = client.chat().completions().create(question("gpt").responseFormat(City.class).build()).choices()
                .get(0).message().content().orElseThrow();

        assertThat(city.name).isEqualTo("Ulm");
        assertThat(city.people).isEqualTo(128928);
    }

    @Test
    void getsEmbeddingsInTheOrderOfTheirInputs() {
        EmbeddingCreateParams.Builder asked = EmbeddingCreateParams.builder().model("embedder");

        client.embeddings().create(asked.inputOfArrayOfStrings(List.of("b" + unique)).build());
        CreateEmbeddingResponse answer = client.embeddings()
                .create(asked.inputOfArrayOfStrings(List.of(unique, "b" + unique, "c")).build());

        assertThat(answer.data()).extracting(one -> one.embedding().get(0)).containsExactly((float) unique.length(),
                unique.length() + 1f, 1f);
        assertThat(answer.data()).extracting(one -> one.index()).containsExactly(0L, 1L, 2L);
    }

    @ParameterizedTest
    @ValueSource(strings = { "gpt", "claude"})
    void getsAResponseWholeAndInEvents(String model) {
        ResponseCreateParams question = ResponseCreateParams.builder().model(model).store(false).input(unique).build();
        ResponseAccumulator told = ResponseAccumulator.create();

        Response whole = client.responses().create(question);
        try (StreamResponse<ResponseStreamEvent> events = client.responses().createStreaming(question)) {
            events.stream().forEach(told::accumulate);
        }

        assertThat(text(whole)).isEqualTo("You said: " + unique);
        assertThat(text(told.response())).isEqualTo("You said: " + unique);
        assertThat(whole.usage().orElseThrow().outputTokens()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = { "gpt", "claude"})
    void callsAToolInAResponse(String model) {
        ResponseCreateParams.Builder conversation = ResponseCreateParams.builder().model(model).store(false)
                .addTool(GetWeather.class);
        ResponseInputItem asked = ResponseInputItem.ofEasyInputMessage(com.openai.models.responses.EasyInputMessage
                .builder().role(com.openai.models.responses.EasyInputMessage.Role.USER).content(unique).build());

        Response first = client.responses().create(conversation.inputOfResponse(List.of(asked)).build());
        var call = first.output().get(0).asFunctionCall();
        Response second = client.responses().create(conversation.inputOfResponse(List.of(asked,
                ResponseInputItem.ofFunctionCall(call),
                ResponseInputItem.ofFunctionCallOutput(ResponseInputItem.FunctionCallOutput.builder()
                        .callId(call.callId()).output("21 degrees " + unique).build())))
                .build());

        assertThat(call.arguments().replace(" ", "")).isEqualTo(SpeakingProvider.CALL);
        assertThat(text(second)).isEqualTo("You said: 21 degrees " + unique);
    }

    @Test
    void listsModels() {
        assertThat(client.models().list().data()).extracting(Model::id).contains("auto", "gpt", "claude");
    }

    @Test
    void seesErrorsAsItsOwn() {
        assertThatThrownBy(() -> client.chat().completions().create(question("nobody").build()))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client("sk-wrong", 0).chat().completions().create(question("gpt").build()))
                .isInstanceOf(UnauthorizedException.class);
        assertThatThrownBy(() -> client.chat().completions().create(question("gpt").n(0).build()))
                .isInstanceOf(BadRequestException.class);
        assertThatThrownBy(() -> client.chat().completions().create(
                ChatCompletionCreateParams.builder().model("gpt").addUserMessage("refuse " + unique).build()))
                .isInstanceOf(BadRequestException.class).hasMessageContaining("I do not like that.");
    }

    @Test
    void comesBackWhenItIsToldTo() {
        client(World.secret("small"), 5).chat().completions().create(question("gpt").seed(1).build());
        assertThatThrownBy(() -> {
            for (int i = 0; i < 5; i++) { // at most one of them a second
                client(World.secret("small"), 0).chat().completions().create(question("gpt").seed(2 + i).build());
            }
        }).isInstanceOf(RateLimitException.class);

        ChatCompletion answer = client(World.secret("small"), 5).chat().completions()
                .create(question("gpt").seed(9).build());

        assertThat(text(answer)).isEqualTo("You said: " + unique);
    }

    private ChatCompletion stream(ChatCompletionCreateParams question) {
        ChatCompletionAccumulator told = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> chunks = client.chat().completions().createStreaming(question)) {
            chunks.stream().forEach(told::accumulate);
        }
        return told.chatCompletion();
    }

    private ChatCompletionCreateParams.Builder question(String model) {
        return ChatCompletionCreateParams.builder().model(model).addUserMessage(unique).maxCompletionTokens(50);
    }

    private static String text(ChatCompletion answer) {
        return answer.choices().get(0).message().content().orElseThrow();
    }

    private static String text(Response answer) {
        return answer.output().stream().flatMap(item -> item.message().stream()).findFirst().orElseThrow().content()
                .get(0).asOutputText().text();
    }
}
