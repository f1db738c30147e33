package dev.sluice.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Finish;
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
        assertThat(read("{\"a\":1}".getBytes(StandardCharsets.UTF_16LE))).isEmpty();
        assertThat(read("{\"a\":1}".getBytes(StandardCharsets.UTF_16BE))).isEmpty();
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

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{'finish_reason':'stop'}                                | COMPLETE",
            "{'x':[{'finish_reason':'error'}],'finish_reason':'tool_calls'} | COMPLETE",
            "{'finish_reason':'stop','content':'\\ud83d\\ude00'}     | COMPLETE",
            "{'finish_reason':'length'},{'finish_reason':'stop'}     | AT_BOUND",
            "{'finish_reason':'stop'},{'finish_reason':'length'}     | AT_BOUND",
            "{'finish_reason':'length'},{'finish_reason':'content_filter'},{'finish_reason':'stop'} | OTHER",
            "{'finish_reason':'stop'},{'finish_reason':null}         | OTHER",
            "{'finish_reason':'stop'},{}                             | OTHER",
            "{'finish_reason':'stop'},'stop'                         | OTHER",
            "{'finish_reason':'stop'},[{'finish_reason':'stop'}]     | OTHER",
            "{'finish_reason':'stop','content':'\\ud83d'}             | OTHER",
            "{'finish_reason':'stop','content':'\\ude00'}             | OTHER",
            "                                                        | OTHER",
    })
    void howItEndedIsHowTheWorstOfItsChoicesDid(String choices, Finish finish) {
        String json = "{\"model\":\"m\",\"choices\":[" + (choices == null ? "" : choices.replace('\'', '"'))
                + "],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}";

        WholeAnswer answer = read(json).orElseThrow();

        assertThat(answer.finish()).isEqualTo(finish);
        assertThat(answer.usage()).contains(new Usage(1, 0, 2));
    }

    @ParameterizedTest
    @ValueSource(strings = { "{}", "{\"choices\":null}", "{\"choices\":{\"finish_reason\":\"stop\"}}",
            "{\"finish_reason\":\"stop\"}", "{\"x\":{\"choices\":[{\"finish_reason\":\"stop\"}]}}"})
    void withoutChoicesNobodyKnowsHowItEnded(String json) {
        assertThat(read(json).orElseThrow().finish()).isEqualTo(Finish.OTHER);
    }

    @Test
    void bytesThatAreNoTextAreNoWholeAnswer() {
        byte[] json = "{\"choices\":[{\"finish_reason\":\"stop\",\"content\":\"??\"}]}"
                .getBytes(StandardCharsets.UTF_8);
        int content = new String(json, StandardCharsets.UTF_8).indexOf('?');
        json[content] = (byte) 0xc0; // zero in two bytes, which the parser accepts
        json[content + 1] = (byte) 0x80;

        assertThat(read(json).orElseThrow().finish()).isEqualTo(Finish.OTHER);
    }

    private static Optional<WholeAnswer> read(String json) {
        return read(json.getBytes(StandardCharsets.UTF_8));
    }

    private static Optional<WholeAnswer> read(byte[] json) {
        return WholeAnswer.read(json, new OpenAiUsage(), new FinishReader.OfChoices());
    }
}
