package dev.sluice.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Endpoint;
import dev.sluice.Request;
import dev.sluice.dialect.Dialect;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundTest {
    private static final Dialect CHAT = Dialect.of(Endpoint.CHAT_COMPLETIONS);

    @Test
    void onlyTheTopLevelModelDiffers() {
        // given
        String json = " {\"é\" : 1.0E+400,\r\n\t\"mod\\u0065l\" : \"aut\\u006f\", \"x\":{\"model\":\"auto\"},"
                + "\"n\":12345678901234567890.10, \"s\":\"\\/ä😀\" , \"max_tokens\" : 9 }\n";

        // when
        Outbound outbound = outbound(json, 0);

        // then
        assertThat(outbound.bytes()).asString(StandardCharsets.UTF_8)
                .isEqualTo(json.replace("\"aut\\u006f\"", "\"m-upstream\""));
        assertThat(outbound.cutShort()).isFalse();
    }

    @Test
    void bytesThatNeedNoChangeAreNotCopied() {
        // given
        Request request = Fixture.request("{\"model\":\"m-upstream\"}");

        // when
        Outbound outbound = Outbound.of(request, Fixture.model("m", "p"), 0, CHAT, "api.example.org", true);

        // then
        assertThat(outbound.bytes()).isSameAs(request.body().bytes());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{\"model\":\"m-upstream\"}                         | {\"model\":\"m-upstream\",\"max_tokens\":100} | true",
            "{\"max_tokens\": 50 ,\"model\":\"m-upstream\"}     | {\"max_tokens\": 50 ,\"model\":\"m-upstream\"} | false",
            "{\"max_tokens\":100,\"model\":\"x\"}               | {\"max_tokens\":100,\"model\":\"m-upstream\"} | false",
            "{\"max_tokens\":101,\"model\":\"x\"}               | {\"max_tokens\":100,\"model\":\"m-upstream\"} | true",
            "{\"model\":\"x\",\"max_completion_tokens\":1e9}    | {\"model\":\"m-upstream\",\"max_completion_tokens\":100} | true",
            "{\"max_tokens\":null,\"model\":\"x\"}              | {\"max_tokens\":100,\"model\":\"m-upstream\"} | true",
            "{\"max_completion_tokens\":200,\"model\":\"x\",\"max_tokens\":300 } | {\"max_completion_tokens\":100,\"model\":\"m-upstream\",\"max_tokens\":100 } | true",
    })
    void aBoundIsLoweredOrAdded(String json, String expected, boolean cutShort) {
        // when
        Outbound outbound = outbound(json, 100);

        // then
        assertThat(outbound.bytes()).asString(StandardCharsets.UTF_8).isEqualTo(expected);
        assertThat(outbound.cutShort()).isEqualTo(cutShort);
    }

    @ParameterizedTest
    @ValueSource(strings = { "{\"model\":\"m-upstream\" , \"stream_options\":{\"include_usage\":true},\"stream\":true}",
            "{\"model\":\"m-upstream\" ,\"stream\":true, \"stream_options\":{}}",
            "{\"stream_options\" : {\"a\":\",\"} ,\"model\":\"m-upstream\" ,\"stream\":true}",
            "{\"model\":\"m-upstream\" ,\"stream\":true}"})
    void whoDoesNotKnowStreamOptionsGetsNone(String json) {
        Outbound outbound = Outbound.of(Fixture.request(json), Fixture.model("m", "p"), 0, CHAT, "api.example.org",
                false);

        assertThat(outbound.bytes()).asString(StandardCharsets.UTF_8)
                .isEqualTo("{\"model\":\"m-upstream\" ,\"stream\":true}");
    }

    @Test
    void openAiItselfWantsTheNewerName() {
        assertThat(CHAT.boundName("api.openai.com")).isEqualTo("max_completion_tokens");
        assertThat(CHAT.boundName("api.deepseek.com")).isEqualTo("max_tokens");
        assertThat(CHAT.boundName("my-resource.openai.azure.com")).isEqualTo("max_completion_tokens");
    }

    private static Outbound outbound(String json, long bound) {
        return Outbound.of(Fixture.request(json), Fixture.model("m", "p"), bound, CHAT, "api.example.org", true);
    }
}
