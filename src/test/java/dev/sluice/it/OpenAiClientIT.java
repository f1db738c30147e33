package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponseFor;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.models.Model;
import dev.sluice.upstream.MockProvider.Act;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.RestAssured;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** OpenAI's own Java client, unmodified: only the base URL and the key are ours. */
@QuarkusIntegrationTest
@WithTestResource(World.class)
class OpenAiClientIT {
    private OpenAIClient client;

    @BeforeEach
    void quiet() {
        World.provider().always(Act.ok());
        client = client(World.secret("team-a"));
    }

    private static OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder().baseUrl("http://localhost:" + RestAssured.port + "/v1").apiKey(key)
                .maxRetries(2).build();
    }

    @Test
    void asksAndIsAnswered() {
        ChatCompletionCreateParams question = question("auto");

        ChatCompletion first = client.chat().completions().create(question);
        try (HttpResponseFor<ChatCompletion> second = client.chat().completions().withRawResponse().create(question)) {

            assertThat(first.choices().get(0).message().content()).isPresent();
            assertThat(first.model()).isEqualTo("cheap");
            assertThat(second.parse().choices().get(0).message().content())
                    .isEqualTo(first.choices().get(0).message().content());
            assertThat(second.headers().values("x-sluice-cost-usd")).containsExactly("0");
        }
    }

    @Test
    void listsModels() {
        assertThat(client.models().list().data()).extracting(Model::id).contains("auto", "cheap", "strong");
    }

    @Test
    void seesErrorsAsItsOwn() {
        assertThatThrownBy(() -> client.chat().completions().create(question("nobody")))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client("sk-wrong").chat().completions().create(question("cheap")))
                .isInstanceOf(UnauthorizedException.class);
        assertThatThrownBy(() -> client.chat().completions().create(
                ChatCompletionCreateParams.builder().model("cheap").n(0).addUserMessage("x").build()))
                .isInstanceOf(BadRequestException.class);
    }

    private static ChatCompletionCreateParams question(String model) {
        return ChatCompletionCreateParams.builder().model(model)
                .addUserMessage("What is a sluice? " + UUID.randomUUID())
                .maxCompletionTokens(20).build();
    }
}
