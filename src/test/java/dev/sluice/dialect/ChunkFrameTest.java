package dev.sluice.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Endpoint;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A reader that remembers what the last chunk looked like comes to the same as one that parses each. */
class ChunkFrameTest {
    private static final String CHUNK = "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":17,\"model\":\"theirs\","
            + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"logprobs\":null,\"finish_reason\":null}],"
            + "\"usage\":null,\"obfuscation\":\"%s\"}";

    private final StreamReader reader = reader();

    private static StreamReader reader() {
        return Dialect.of(Endpoint.CHAT_COMPLETIONS).reader(new Request(Endpoint.CHAT_COMPLETIONS,
                Json.parse("{\"stream\":true,\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8)), "m", "", 0, 1, true),
                "ours");
    }

    private String read(String data) {
        return text(reader.read(SseEvent.of(data.getBytes(StandardCharsets.UTF_8))).data());
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String chunk(String content, String padding) {
        return CHUNK.formatted(content, padding);
    }

    @Test
    void namesTheModelAndCollectsWhatIsTold() {
        for (String content : new String[]{ "a", "", " tokens", "\\n\\\"\\u00e4\\\\", "ä€😀", "x".repeat(5000)}) {
            String data = chunk(content, "p".repeat(content.length() % 7));
            assertThat(read(data)).isEqualTo(data.replace("theirs", "ours"));
        }
        assertThat(reader.told().text()).isEqualTo("a tokens\n\"ä\\ä€😀" + "x".repeat(5000));
        assertThat(reader.failed()).isFalse();
    }

    @Test
    void theModelMayStandAnywhere() {
        for (String frame : new String[]{
                "{\"model\":\"theirs\",\"a\":\"%s\",\"choices\":[{\"delta\":{\"content\":\"%s\"}}]}",
                "{\"a\":\"%s\",\"model\":\"theirs\",\"choices\":[{\"delta\":{\"content\":\"%s\"}}]}",
                "{\"a\":\"%s\",\"choices\":[{\"delta\":{\"content\":\"%s\"}}],\"model\":\"theirs\"}",
                "{\"a\":\"%s\",\"choices\":[{\"delta\":{\"content\":\"%s\"}}]}"}) {
            for (String[] said : new String[][]{ { "", "x"}, { "longer", "y"}, { "", "much longer"}}) {
                String data = frame.formatted(said[0], said[1]);
                assertThat(read(data)).isEqualTo(data.replace("theirs", "ours"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "\\x", "\\u12g4", "\\", "a\u0001", "a\nb", "a\",\"finish_reason\":\"stop"})
    void whatIsNoStringIsLeftToTheParser(String content) {
        // given
        read(chunk("a", ""));
        read(chunk("b", ""));

        // when
        read(chunk(content, ""));
        read("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
        read("[DONE]");

        // then
        boolean wellFormed = content.contains("stop");
        assertThat(reader.isWhole(true)).isEqualTo(wellFormed);
    }

    @Test
    void bytesThatAreNoTextAreLeftToTheParser() {
        read(chunk("a", ""));
        byte[] data = chunk("?", "").getBytes(StandardCharsets.UTF_8);
        data[chunk("?", "").indexOf('?')] = (byte) 0xe4; // Latin 1

        reader.read(SseEvent.of(data));
        read("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
        read("[DONE]");

        assertThat(reader.isWhole(true)).isFalse();
    }

    @Test
    void whatEndsOrFailsIsNeverTakenForMoreOfTheSame() {
        read(chunk("a", ""));
        read(chunk("b", "").replace("\"finish_reason\":null", "\"finish_reason\":\"stop\""));
        assertThat(reader.isComplete()).isTrue();
        read(chunk("c", ""));
        read(chunk("d", ""));
        assertThat(reader.isComplete()).isTrue();
        read(chunk("e", "").replace("\"usage\":null", "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}"));
        assertThat(reader.usage()).isPresent();
        read(chunk("f", "").replace("\"usage\":null", "\"error\":\"gone\""));
        assertThat(reader.failed()).isTrue();
        assertThat(reader.told().text()).isEqualTo("abcdef");
    }

    @Test
    void comesToTheSameAsAReaderThatStartsAnew() {
        Random random = new Random(11);
        String[] contents = { "", "a", "\\ud83d\\ude00", "ß", "\\", "\\t", "\"", "😀 and more", "}"};
        for (int round = 0; round < 2_000; round++) {
            String data = chunk(contents[random.nextInt(contents.length)], contents[random.nextInt(contents.length)]);
            if (random.nextInt(8) == 0) {
                int at = random.nextInt(data.length());
                data = data.substring(0, at) + data.substring(Math.min(data.length(), at + random.nextInt(3)));
            }
            String before = reader.told().text();
            StreamReader fresh = reader();

            // when
            String read = read(data);
            String parsed = text(fresh.read(SseEvent.of(data.getBytes(StandardCharsets.UTF_8))).data());

            // then
            assertThat(read).isEqualTo(parsed);
            assertThat(reader.told().text()).isEqualTo(before + fresh.told().text());
        }
    }
}
