package dev.sluice.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import dev.sluice.Endpoint;
import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.json.Json;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptBoundTest {
    private static Vertx vertx;
    private static PromptBound prompts;
    private static Encoding encoding;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        prompts = new PromptBound(new Tokenizers(vertx), 2500, 8000);
        encoding = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);
    }

    @AfterAll
    static void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private static Model model(String name) {
        return new Model(name, "p", name, Optional.empty(), 0, 0, List.of());
    }

    private static Request request(String body) {
        return new Request(Endpoint.CHAT_COMPLETIONS, Json.parse(body.getBytes(StandardCharsets.UTF_8)), "m", "", 0, 1);
    }

    private static long exact(String body) {
        return prompts.exact(request(body), model("gpt-4.1")).await().indefinitely();
    }

    private static long bytes(String body) {
        return prompts.bytes(request(body));
    }

    @Test
    void aChatCountsAsOpenAiCountsIt() {
        // Three and the role for each message, one for a name, three for the answer's beginning.
        assertThat(exact("{\"messages\":[{\"role\":\"system\",\"content\":\"You are terse.\"},"
                + "{\"role\":\"user\",\"name\":\"ann\",\"content\":\"Hello world\"}]}"))
                .isEqualTo((3 + 1 + count("You are terse.")) + (3 + 1 + 2 + (1 + count("ann"))) + 3);
    }

    private static long count(String text) {
        return encoding.countTokensOrdinary(text);
    }

    @Test
    void escapesAreCountedAsTheTextTheyMean() {
        assertThat(exact("{\"messages\":[{\"role\":\"user\",\"content\":\"Gr\\u00fc\\u00dfe\\n\\n\"}]}"))
                .isEqualTo(exact("{\"messages\":[{\"role\":\"user\",\"content\":\"Grüße\\n\\n\"}]}"));
    }

    @Test
    void textThatLooksLikeASpecialTokenIsText() {
        assertThat(exact("{\"messages\":[{\"role\":\"user\",\"content\":\"<|endoftext|>\"}]}")).isGreaterThan(10);
    }

    @Test
    void toolsAndSchemasBecomePartOfThePrompt() {
        String chat = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
        String tool = "{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{}}}";

        assertThat(exact("{" + chat + ",\"tools\":[" + tool + "]}")).isGreaterThan(exact("{" + chat + "}") + 10);
        assertThat(bytes("{" + chat + ",\"tools\":[" + tool + "]}")).isGreaterThan(bytes("{" + chat + "}") + 70);
        assertThat(bytes("{" + chat + ",\"response_format\":{\"type\":\"json_schema\"}}"))
                .isGreaterThan(bytes("{" + chat + "}") + 20);
        assertThat(bytes("{" + chat + ",\"metadata\":{\"note\":\"not for the model\"},\"temperature\":0.5}"))
                .isEqualTo(bytes("{" + chat + "}"));
    }

    @Test
    void imagesAndAudioHaveBoundsOfTheirOwn() {
        String image = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64," + "A".repeat(50_000)
                + "\"}}";
        String audio = "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"" + "A".repeat(50_000) + "\"}}";

        assertThat(bytes("{\"messages\":[{\"role\":\"user\",\"content\":[" + image + "]}]}")).isEqualTo(10 + 2_500);
        assertThat(bytes("{\"messages\":[{\"role\":\"user\",\"content\":[" + audio + "," + image + "]}]}"))
                .isEqualTo(10 + 2_500 + 8_000);
    }

    @Test
    void noTextHasMoreTokensThanBytes() {
        Random random = new Random(20261124);
        for (int i = 0; i < 500; i++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(200);
            for (int c = 0; c < length; c++) {
                int point = random.nextInt(4) == 0 ? 0x20 + random.nextInt(0x3000) : 0x20 + random.nextInt(0x5f);
                text.appendCodePoint(Character.isDefined(point) && point != '"' && point != '\\' ? point : 'x');
            }
            String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";

            assertThat(count(text.toString()))
                    .isLessThanOrEqualTo(text.toString().getBytes(StandardCharsets.UTF_8).length);
            assertThat(exact(body)).isLessThanOrEqualTo(bytes(body));
        }
    }

    @Test
    void aLongPromptIsCountedTooWithoutBlockingAnybody() {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "lorem ipsum ".repeat(20_000) + "\"}]}";

        assertThat(exact(body)).isBetween(40_000L, 100_000L);
    }

    @ParameterizedTest
    @CsvSource({ "gpt-4.1,O200K_BASE", "gpt-4o-mini,O200K_BASE", "openai/gpt-5,O200K_BASE", "o3-mini,O200K_BASE",
            "gpt-4-turbo,CL100K_BASE", "gpt-35-turbo,CL100K_BASE", "deepseek-chat,", "claude-sonnet-4.5,",
            "gemini-2.5-flash,", "o1000,O200K_BASE"})
    void aModelsFamilyIsKnownByItsName(String name, String family) {
        assertThat(Tokenizers.family(model(name)))
                .isEqualTo(Optional.ofNullable(family).map(EncodingType::valueOf));
    }
}
