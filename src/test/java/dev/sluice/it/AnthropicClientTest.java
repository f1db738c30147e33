package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.HttpResponseFor;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlock;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.MessageContentParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolUseBlock;
import com.anthropic.models.models.ModelInfo;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.sluice.upstream.Anthropic;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Anthropic's own Java client, unmodified: only the base URL and the key are ours. Its questions are answered by a provider
 * of Anthropic's dialect (the model claude) and by one of OpenAI's (the model cheap).
 */
@QuarkusTest
@WithTestResource(World.class)
class AnthropicClientTest {
    private static final Tool WEATHER = Tool.builder().name("weather").description("Weather of a city")
            .inputSchema(Tool.InputSchema.builder()
                    .properties(JsonValue.from(Map.of("city", Map.of("type", "string")))).addRequired("city").build())
            .build();

    private final MockProvider mock = World.provider();

    @TestHTTPResource
    URI gateway;

    @AfterEach
    void behaveAgain() {
        mock.always(Act.ok());
    }

    private AnthropicClient client(String key) {
        String base = gateway.toString();
        return AnthropicOkHttpClient.builder().baseUrl(base.endsWith("/") ? base.substring(0, base.length() - 1) : base)
                .apiKey(key).maxRetries(2).build();
    }

    private AnthropicClient client() {
        return client(World.secret("team-a"));
    }

    private static MessageCreateParams.Builder question(String model) {
        return MessageCreateParams.builder().model(model).maxTokens(64).system("Be brief.")
                .addUserMessage("What is a sluice? " + UUID.randomUUID());
    }

    @Test
    void asksClaudeAndIsAnsweredFromTheCacheTheSecondTime() {
        // given
        mock.next(Anthropic.message("end_turn"));
        MessageCreateParams question = question("claude").build();

        // when
        Message first = client().messages().create(question);
        try (HttpResponseFor<Message> again = client().messages().withRawResponse().create(question)) {
            Message second = again.parse();

            // then
            assertThat(first.content().get(0).asText().text()).isEqualTo("Hello from Claude.");
            assertThat(first.stopReason()).contains(StopReason.END_TURN);
            assertThat(first.usage().inputTokens()).isEqualTo(100);
            assertThat(first.usage().cacheReadInputTokens()).contains(10_000L);
            assertThat(first.model().asString()).isEqualTo("claude");
            assertThat(mock.lastCall().uri()).isEqualTo("/v1/messages");
            assertThat(mock.lastCall().header("x-api-key")).isEqualTo("sk-ant-upstream");
            assertThat(mock.lastCall().header("authorization")).isNull();
            assertThat(mock.lastCall().header("anthropic-version")).isEqualTo("2023-06-01");
            assertThat(second).isEqualTo(first);
            assertThat(again.headers().values("x-sluice-cost-usd")).containsExactly("0");
            assertThat(again.requestId()).isPresent();
        }
    }

    @Test
    void paysForWhatThePromptCacheReadAndWrote() {
        mock.next(Anthropic.message("end_turn"));

        try (HttpResponseFor<Message> answer = client().messages().withRawResponse()
                .create(question("claude").build())) {

            // 100 × 3, 10,000 × 0.3, 1,500 × 3.75, 500 × 6 and 5 × 15 dollars a million
            assertThat(answer.headers().values("x-sluice-cost-usd")).containsExactly("0.012");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "claude", "cheap"})
    void isToldAStream(String model) {
        // given
        mock.next(model.equals("claude")
                ? Anthropic.stream()
                : Act.events(chunk("{'role':'assistant','content':''}", "null"), chunk("{'content':'Hello '}", "null"),
                        chunk("{'content':'from Claude.'}", "null"), chunk("{}", "'stop'"),
                        json("{'id':'c1','choices':[],'usage':{'prompt_tokens':100,'completion_tokens':5}}"),
                        "[DONE]"));

        // when
        MessageAccumulator told = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> events = client().messages()
                .createStreaming(question(model).build())) {
            events.stream().forEach(told::accumulate);
        }

        // then
        Message message = told.message();
        assertThat(message.content()).hasSize(1);
        assertThat(message.content().get(0).asText().text()).isEqualTo("Hello from Claude.");
        assertThat(message.stopReason()).contains(StopReason.END_TURN);
        assertThat(message.model().asString()).isEqualTo(model);
        assertThat(message.usage().inputTokens()).isEqualTo(100);
        assertThat(message.usage().outputTokens()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({ "claude, false", "claude, true", "cheap, false", "cheap, true"})
    void letsAToolBeCalledAndTellsItsResult(String model, boolean streamed) {
        // given
        String arguments = "{\\\"city\\\":\\\"Köln\\\"}";
        boolean claude = model.equals("claude");
        mock.next(claude
                ? streamed ? Anthropic.toolStream() : Anthropic.toolUse()
                : streamed
                        ? Act.events(
                                chunk("{'tool_calls':[{'index':0,'id':'toolu_1','type':'function','function':"
                                        + "{'name':'weather','arguments':''}}]}", "null"),
                                chunk("{'tool_calls':[{'index':0,'function':{'arguments':'" + arguments + "'}}]}",
                                        "null"),
                                chunk("{}", "'tool_calls'"), "[DONE]")
                        : Act.body(json("{'id':'c1','model':'m','choices':[{'index':0,'message':{'role':'assistant',"
                                + "'content':'I look.','tool_calls':[{'id':'toolu_1','type':'function','function':"
                                + "{'name':'weather','arguments':'" + arguments
                                + "'}}]},'finish_reason':'tool_calls'}],'usage':{'prompt_tokens':1,"
                                + "'completion_tokens':1}}")));
        MessageCreateParams question = question(model).addTool(WEATHER).build();

        // when
        Message called = streamed ? streamed(question) : client().messages().create(question);

        // then
        assertThat(called.stopReason()).contains(StopReason.TOOL_USE);
        ToolUseBlock use = called.content().stream().flatMap(block -> block.toolUse().stream()).findFirst()
                .orElseThrow();
        assertThat(use.id()).isEqualTo("toolu_1");
        assertThat(use.name()).isEqualTo("weather");
        assertThat(use._input().convert(Map.class)).isEqualTo(Map.of("city", "Köln"));

        // and when
        mock.next(claude ? Anthropic.message("end_turn") : Act.ok());
        Message answer = client().messages().create(question(model)
                .addTool(WEATHER).addMessage(called)
                .addUserMessage(MessageContentParam.ofContentBlockParams(List.of(
                        ContentBlockParam.ofToolResult(
                                ToolResultBlockParam.builder().toolUseId(use.id())
                                        .content("15 degrees").build()))))
                .build());

        // then
        assertThat(answer.content()).first().matches(ContentBlock::isText);
        String sent = new String(mock.lastCall().body(), StandardCharsets.UTF_8);
        assertThat(sent).contains("15 degrees", claude ? "\"tool_result\"" : "\"role\":\"tool\"");
    }

    private Message streamed(MessageCreateParams question) {
        MessageAccumulator told = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> events = client().messages().createStreaming(question)) {
            events.stream().forEach(told::accumulate);
        }
        return told.message();
    }

    @ParameterizedTest
    @CsvSource({ "nobody, 404, not_found_error", "claude, 400, invalid_request_error"})
    void seesErrorsAsItsOwn(String model, int status, String type) {
        mock.always(Anthropic.error(400, "invalid_request_error", "messages: too many"));

        AnthropicServiceException error = catchThrowableOfType(AnthropicServiceException.class,
                () -> client().messages().create(question(model).build()));

        assertThat(error.statusCode()).isEqualTo(status);
        assertThat(error.type().orElseThrow()).hasToString(type);
        assertThat(error.requestId()).isPresent();
    }

    @Test
    void isRefusedWithoutAKeyOfOurs() {
        AnthropicServiceException error = catchThrowableOfType(AnthropicServiceException.class,
                () -> client("sk-wrong").messages().create(question("claude").build()));

        assertThat(error.statusCode()).isEqualTo(401);
        assertThat(error.type().orElseThrow()).hasToString("authentication_error");
    }

    @Test
    void retriesWhereAnthropicIsOverloaded() {
        mock.next(Anthropic.error(529, "overloaded_error", "Overloaded"), Anthropic.message("end_turn"));

        try (HttpResponseFor<Message> answer = client().messages().withRawResponse()
                .create(question("claude").build())) {
            assertThat(answer.headers().values("x-sluice-attempts")).containsExactly("2");
        }
    }

    @Test
    void featuresInBetaReachAnthropicAndMakeAnotherRequest() {
        // given
        mock.next(Anthropic.message("end_turn"), Anthropic.message("end_turn"));
        String unique = UUID.randomUUID().toString();
        int before = mock.calls().size();

        // when
        for (String beta : new String[]{ "context-1m-2025-08-07", "files-api-2025-04-14", "context-1m-2025-08-07"}) {
            client().messages().create(MessageCreateParams.builder().model("claude").maxTokens(64)
                    .addUserMessage(unique).putAdditionalHeader("anthropic-beta", beta).build());
        }

        // then
        assertThat(mock.calls().subList(before, mock.calls().size())).extracting(call -> call.header("anthropic-beta"))
                .containsExactly("context-1m-2025-08-07", "files-api-2025-04-14");
    }

    @Test
    void listsModels() {
        assertThat(client().models().list().data()).extracting(ModelInfo::id).contains("auto", "claude", "cheap");
    }

    @Test
    void countsTokensAsAnEstimate() {
        long tokens = client().messages().countTokens(MessageCountTokensParams.builder().model("claude")
                .addUserMessage("What is a sluice, and what is it good for?").build()).inputTokens();

        assertThat(tokens).isBetween(8L, 40L);
    }

    @Test
    void whatIsNotThereIsSaidInItsEnvelope() throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient().send(
                HttpRequest.newBuilder(gateway.resolve("/v1/messages/batches"))
                        .POST(BodyPublishers.ofString("{}")).build(),
                BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).isEqualTo("{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\","
                + "\"message\":\"There is nothing at this path.\"}}");
    }

    @Test
    void openAisClientIsAnsweredByClaude() {
        // given
        mock.next(Anthropic.toolUse());

        // when
        ChatCompletion completion = OpenAIOkHttpClient.builder().baseUrl(gateway.resolve("/v1").toString())
                .apiKey(World.secret("team-a")).build().chat().completions()
                .create(ChatCompletionCreateParams.builder().model("claude")
                        .addUserMessage("Weather? " + UUID.randomUUID()).build());

        // then
        assertThat(completion.model()).isEqualTo("claude");
        assertThat(completion.choices().get(0).finishReason().asString()).isEqualTo("tool_calls");
        assertThat(completion.choices().get(0).message().toolCalls().orElseThrow().get(0).asFunction().function()
                .arguments()).isEqualTo("{\"city\":\"Köln\"}");
        assertThat(completion.usage().orElseThrow().promptTokens()).isEqualTo(12_100);
    }

    private static String chunk(String delta, String finishReason) {
        return json("{'id':'c1','model':'m','choices':[{'index':0,'delta':" + delta + ",'finish_reason':" + finishReason
                + "}]}");
    }

    private static String json(String text) {
        return text.replace("\\'", "\\\"").replace('\'', '"');
    }
}
