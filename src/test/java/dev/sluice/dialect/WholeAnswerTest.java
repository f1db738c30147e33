package dev.sluice.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Usage;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WholeAnswerTest {

    @Test
    void onlyTheTopLevelModelDiffers() {
        // given
        String json = "\n{ \"choices\":[{\"message\":{\"content\":\"half \\ud83d, \\\"model\\\":\\\"x\\\"\"},\"model\":\"in\"}],\r\n"
                + "\t\"model\" : \"deep\\\"seek\\\\\" ,\"created\":1e400, \"ü\":12345678901234567890.10 } ";

        // when
        byte[] named = read(json).orElseThrow().naming("grüße");

        // then
        assertThat(named).asString(StandardCharsets.UTF_8)
                .isEqualTo(json.replace("\"deep\\\"seek\\\\\"", "\"grüße\""));
    }

    @Test
    void anAnswerWithoutAModelStaysAsItIs() {
        String json = "{\"model\":null,\"x\":{\"model\":\"y\"}}";
        assertThat(read(json).orElseThrow().naming("m")).asString().isEqualTo(json);
    }

    @ParameterizedTest
    @ValueSource(strings = { "", " ", "<html>", "[]", "\"x\"", "{\"a\":1", "{\"a\":1}x", "{\"a\":1}{}", "{a:1}",
            "{\"a\":NaN}"})
    void whatIsNoObjectIsNoAnswer(String body) {
        assertThat(read(body)).isEmpty();
    }

    @Test
    void otherEncodingsAreNoAnswer() {
        assertThat(WholeAnswer.read("{\"a\":1}".getBytes(StandardCharsets.UTF_16LE), new OpenAiUsage())).isEmpty();
        assertThat(WholeAnswer.read("{\"a\":1}".getBytes(StandardCharsets.UTF_16BE), new OpenAiUsage())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15                                     | 10 | 0 | 5",
            "\"prompt_tokens\":10,\"completion_tokens\":5                                                         | 10 | 0 | 5",
            "\"prompt_tokens\":10.0,\"completion_tokens\":5,\"prompt_tokens_details\":{\"audio_tokens\":1,\"cached_tokens\":4} | 10 | 4 | 5",
            "\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_cache_hit_tokens\":8,\"prompt_cache_miss_tokens\":2         | 10 | 8 | 5",
            "\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_tokens_details\":null                          | 10 | 0 | 5",
            "\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":115                                    | 10 | 0 | 105",
            "\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":11}        | 10 | 0 | 5",
            "\"completion_tokens_details\":{\"reasoning_tokens\":3},\"prompt_tokens\":10,\"completion_tokens\":5  | 10 | 0 | 5",
    })
    void usageIsReadAsProvidersWriteIt(String usage, long input, long cached, long output) {
        assertThat(read("{\"usage\":{" + usage + "}}").orElseThrow().usage())
                .contains(new Usage(input, cached, output));
    }

    @ParameterizedTest
    @ValueSource(strings = { "{}", "{\"usage\":null}", "{\"usage\":{}}", "{\"usage\":{\"prompt_tokens\":1}}",
            "{\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":1}}",
            "{\"usage\":{\"prompt_tokens\":1.5,\"completion_tokens\":1}}",
            "{\"usage\":{\"prompt_tokens\":\"1\",\"completion_tokens\":1}}",
            "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":99999999999999999999}}",
            "{\"usage\":{\"prompt_tokens\":{\"x\":[1]},\"completion_tokens\":1}}"})
    void absurdUsageIsNone(String json) {
        assertThat(read(json).orElseThrow().usage()).isEmpty();
    }

    private static Optional<WholeAnswer> read(String json) {
        return WholeAnswer.read(json.getBytes(StandardCharsets.UTF_8), new OpenAiUsage());
    }
}
