package dev.sluice.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Endpoint;
import dev.sluice.Request;
import dev.sluice.Usage;
import dev.sluice.dialect.Dialect.Member;
import dev.sluice.json.Json;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatReaderTest {
    private static final Dialect CHAT = Dialect.of(Endpoint.CHAT_COMPLETIONS);
    private static final String SAY = "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}";
    private static final String STOP = "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
    private static final String DONE = "[DONE]";

    private static Request request(String members, int choices) {
        return new Request(Endpoint.CHAT_COMPLETIONS,
                Json.parse(("{" + members + "\"model\":\"m\",\"stream\":true}").getBytes(StandardCharsets.UTF_8)), "m",
                "", 0, choices, true);
    }

    private static StreamReader reader(String... data) {
        StreamReader reader = CHAT.reader(request("", 2), "our\"s");
        for (String one : data) {
            reader.read(event(one));
        }
        return reader;
    }

    private static SseEvent event(String data) {
        return SseEvent.of(data.getBytes(StandardCharsets.UTF_8));
    }

    private static String read(StreamReader reader, String data) {
        return new String(reader.read(event(data)).raw(), StandardCharsets.UTF_8);
    }

    @Test
    void onlyTheTopLevelModelIsNamed() {
        String data = " {\"a\":{\"model\":\"x\"}, \"model\" : \"the\\u0069rs \\\"1\\\"\" ,\"choices\":[{\"model\":\"y\",\"ü\":[1e400]}]}";
        assertThat(read(reader(), data))
                .isEqualTo("data: " + data.replace("\"the\\u0069rs \\\"1\\\"\"", "\"our\\\"s\"") + "\n\n");
    }

    @ParameterizedTest
    @ValueSource(strings = { "{\"model\":null}", "{\"model\":1}", "not JSON", "{\"model\":\"x", "[\"model\"]", ""})
    void whatIsNoChunkPassesAsItIs(String data) {
        assertThat(read(reader(), data)).isEqualTo("data: " + data + "\n\n");
    }

    @Test
    void aUsageChunkIsHiddenFromWhoDidNotAskAndNoOtherIs() {
        String usage = "{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"prompt_tokens_details\":{\"cached_tokens\":2}}}";
        String beside = STOP.replace("{\"choices\"",
                "{\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3},\"choices\"");
        StreamReader asking = CHAT.reader(request("\"stream_options\":{\"include_usage\":true},", 1), "m");

        assertThat(reader().read(event(usage)).hidden()).isTrue();
        assertThat(reader().read(event(beside)).hidden()).isFalse();
        assertThat(reader().read(event(SAY.replace("{\"choices\"", "{\"usage\":null,\"choices\""))).hidden()).isFalse();
        assertThat(asking.read(event(usage)).hidden()).isFalse();
        assertThat(reader(usage).usage()).contains(new Usage(7, 2, 3));
        assertThat(reader(beside).usage()).contains(new Usage(7, 0, 3));
        assertThat(reader(SAY).usage()).isEmpty();
    }

    @Test
    void everythingGeneratedIsTold() {
        StreamReader reader = reader(
                "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Grü\",\"reasoning_content\":\"hm\"}}]}",
                "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]}}]}");
        assertThat(reader.told()).isEqualTo(new Told("Grühmf{\"a\":1}", 13));
    }

    @Test
    void aStreamIsWholeWhenEveryChoiceHasEndedWellAndTheEndWasTold() {
        String other = STOP.replace(":0,", ":1,");
        assertThat(reader(SAY, STOP, DONE).isWhole(true)).isTrue();
        assertThat(reader(SAY, STOP, other, DONE).isWhole(true)).isTrue();
        assertThat(reader(SAY, STOP, SAY.replace(":0,", ":1,"), DONE).isWhole(true)).isFalse();
        assertThat(reader(SAY, STOP).isWhole(true)).isFalse();
        assertThat(reader(SAY, STOP).isComplete()).isTrue();
        assertThat(reader(SAY, DONE).isWhole(true)).isFalse();
        assertThat(reader(DONE).isWhole(true)).isFalse();
        assertThat(reader(SAY, "oops", STOP, DONE).isWhole(true)).isFalse();
        assertThat(reader(SAY, STOP.replace(":0,", ":7,"), STOP, DONE).isWhole(true)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({ "stop,true,true", "tool_calls,true,true", "length,true,false", "content_filter,false,false",
            "insufficient_system_resource,false,false"})
    void howAChoiceEndedDecides(String reason, boolean atTheClientsBound, boolean atOurs) {
        StreamReader reader = reader(SAY, STOP.replace("stop", reason), DONE);
        assertThat(reader.isWhole(true)).isEqualTo(atTheClientsBound);
        assertThat(reader.isWhole(false)).isEqualTo(atOurs);
        assertThat(reader.isComplete()).isTrue();
    }

    @Test
    void aFaultIsNoChunk() {
        assertThat(reader("{\"error\":{\"message\":\"x\"}}").failed()).isTrue();
        assertThat(reader("{\"error\":null,\"choices\":[]}").failed()).isFalse();
        assertThat(reader(SAY, "{\"error\":\"x\"}", STOP, DONE).isWhole(true)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "``                                                                | {\"include_usage\":true}",
            "\"stream_options\":null,                                          | {\"include_usage\":true}",
            "\"stream_options\":{},                                            | {\"include_usage\":true}",
            "\"stream_options\":{\"include_usage\": false ,\"x\":[1]},         | {\"include_usage\": true ,\"x\":[1]}",
            "\"stream_options\":{\"x\":\"ü\"},                                 | {\"x\":\"ü\",\"include_usage\":true}",
    })
    void theUsageIsAskedForBesideWhatTheClientAsks(String members, String expected) {
        assertThat(CHAT.askingForUsage(request(members, 1))).contains(new Member("stream_options", expected));
    }

    @Test
    void whoAsksForTheUsageIsNotAskedForAgain() {
        assertThat(CHAT.askingForUsage(request("\"stream_options\":{\"include_usage\":true},", 1))).isEmpty();
    }
}
