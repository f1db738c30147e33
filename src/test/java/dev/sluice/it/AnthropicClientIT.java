package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.HttpResponseFor;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.errors.RateLimitException;
import com.anthropic.errors.UnauthorizedException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.RestAssured;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Anthropic's own Java client, unmodified; it sends its key as {@code x-api-key}. */
@QuarkusIntegrationTest
@WithTestResource(ClientsWorld.class)
class AnthropicClientIT {
    private static final Tool WEATHER = Tool.builder().name("get_weather").description("The weather in a city")
            .inputSchema(Tool.InputSchema.builder()
                    .properties(JsonValue.from(Map.of("city", Map.of("type", "string"))))
                    .required(List.of("city")).build())
            .build();

    private final String unique = "Grüße 😀 " + UUID.randomUUID();
    private AnthropicClient client;

    @BeforeEach
    void connect() { // the port is known only now
        client = client(World.secret("team-a"), 2);
    }

    private static AnthropicClient client(String key, int retries) {
        return AnthropicOkHttpClient.builder().baseUrl("http://localhost:" + RestAssured.port).apiKey(key)
                .maxRetries(retries).build();
    }

    @ParameterizedTest
    @ValueSource(strings = { "claude", "gpt", "auto"})
    void asksAndIsAnsweredAndTheSecondTimeFromTheCache(String model) {
        MessageCreateParams question = question(model).build();

        Message first = client.messages().create(question);
        try (HttpResponseFor<Message> second = client.messages().withRawResponse().create(question)) {

            assertThat(text(first)).isEqualTo("You said: " + unique);
            assertThat(first.stopReason()).contains(StopReason.END_TURN);
            assertThat(first.usage().inputTokens() + first.usage().outputTokens()).isEqualTo(14);
            assertThat(text(second.parse())).isEqualTo(text(first));
            assertThat(second.headers().values("x-sluice-cost-usd")).containsExactly("0");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "claude", "gpt"})
    void isToldAMessageInEvents(String model) {
        Message told = stream(question(model).build());
        Message replayed = stream(question(model).build());

        assertThat(text(told)).isEqualTo("You said: " + unique);
        assertThat(told.model().asString()).isEqualTo(model);
        assertThat(told.usage().outputTokens()).isEqualTo(5);
        assertThat(text(replayed)).isEqualTo(text(told));
    }

    @ParameterizedTest
    @ValueSource(strings = { "claude", "gpt"})
    void callsAToolAndTellsItsResult(String model) {
        MessageCreateParams.Builder conversation = question(model).addTool(WEATHER);

        Message first = client.messages().create(conversation.build());
        ToolUseBlock call = first.content().stream().flatMap(block -> block.toolUse().stream()).findFirst()
                .orElseThrow();
        conversation.addMessage(first).addUserMessageOfContentBlockParams(
                List.of(ContentBlockParam.ofToolResult(ToolResultBlockParam.builder().toolUseId(call.id())
                        .content("21 degrees " + unique).build())));
        Message second = client.messages().create(conversation.build());

        assertThat(first.stopReason()).contains(StopReason.TOOL_USE);
        assertThat(call.name()).isEqualTo("get_weather");
        assertThat(call._input()).isEqualTo(JsonValue.from(Map.of("city", "Ulm")));
        assertThat(text(second)).isEqualTo("You said: 21 degrees " + unique);
    }

    @ParameterizedTest
    @ValueSource(strings = { "claude", "gpt"})
    void isToldACallOfAToolInEvents(String model) {
        Message told = stream(question(model).addTool(WEATHER).build());

        assertThat(told.stopReason()).contains(StopReason.TOOL_USE);
        assertThat(
                told.content().stream().flatMap(block -> block.toolUse().stream()).findFirst().orElseThrow()._input())
                .isEqualTo(JsonValue.from(Map.of("city", "Ulm")));
    }

    @Test
    void seesErrorsAsItsOwn() {
        assertThatThrownBy(() -> client.messages().create(question("nobody").build()))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client("sk-wrong", 0).messages().create(question("claude").build()))
                .isInstanceOf(UnauthorizedException.class).hasMessageContaining("authentication_error");
        assertThatThrownBy(() -> client.messages().create(MessageCreateParams.builder().model("claude").maxTokens(50)
                .addUserMessage("refuse " + unique).build()))
                .isInstanceOf(BadRequestException.class).hasMessageContaining("I do not like that.");
    }

    @Test
    void comesBackWhenItIsToldTo() {
        client(World.secret("small"), 5).messages().create(question("claude").maxTokens(51).build());
        assertThatThrownBy(() -> {
            for (int i = 0; i < 5; i++) { // at most one of them a second
                client(World.secret("small"), 0).messages().create(question("claude").maxTokens(52 + i).build());
            }
        }).isInstanceOf(RateLimitException.class);

        Message answer = client(World.secret("small"), 5).messages().create(question("claude").maxTokens(59).build());

        assertThat(text(answer)).isEqualTo("You said: " + unique);
    }

    private Message stream(MessageCreateParams question) {
        MessageAccumulator told = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> events = client.messages().createStreaming(question)) {
            events.stream().forEach(told::accumulate);
        }
        return told.message();
    }

    private MessageCreateParams.Builder question(String model) {
        return MessageCreateParams.builder().model(model).maxTokens(50).system("Be brief.").addUserMessage(unique);
    }

    private static String text(Message answer) {
        return answer.content().stream().flatMap(block -> block.text().stream()).findFirst().orElseThrow().text();
    }
}
