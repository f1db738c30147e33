package dev.sluice.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply.Answer;
import dev.sluice.batch.LineSplitter.Line;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerLineTest {
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    @Test
    void theBodyIsTheProvidersOnOneLine() {
        String body = "{\r\n  \"a\": \"line\\nfeed, ü\",\n  \"b\": 1.50 }\n";

        String line = answer("{\"custom_id\":\"\\u0041-\\\"1\",\"body\":" + CHAT + "}", 200, body);

        assertThat(line).isEqualTo("{\"custom_id\":\"\\u0041-\\\"1\",\"status\":200,\"request_id\":\"r-7\","
                + "\"cost_usd\":\"0.000000001\",\"cached\":false,"
                + "\"body\":{    \"a\": \"line\\nfeed, ü\",   \"b\": 1.50 } }\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "<html>⏎\"no\"</html>|\"<html>\\u000a\\\"no\\\"</html>\"", "{\"a\":1|\"{\\\"a\\\":1\"", "``|\"\"",
            "{} {}|\"{} {}\"", "\"text\"|\"text\"", "12|12", "null|null", "[1,[2]]|[1,[2]]"})
    void whatIsNoJsonIsAString(String body, String literal) {
        assertThat(new String(AnswerLine.onOneLine(body.replace('⏎', '\n').getBytes(StandardCharsets.UTF_8)),
                StandardCharsets.UTF_8))
                .isEqualTo(literal);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "nonsense|\"custom_id\":null,\"line\":7,\"status\":400|null",
            "[]|\"custom_id\":null,\"line\":7,\"status\":400|null",
            "{\"body\":CHAT}|\"custom_id\":null,\"line\":7,\"status\":400|\"custom_id\"",
            "{\"custom_id\":7,\"body\":CHAT}|\"custom_id\":null,\"line\":7,\"status\":400|\"custom_id\"",
            "{\"custom_id\":\"a\"}|\"custom_id\":\"a\",\"status\":400|\"body\"",
            "{\"custom_id\":\"a\",\"body\":[]}|\"custom_id\":\"a\",\"status\":400|\"body\"",
            "{\"custom_id\":\"a\",\"body\":{}}|\"custom_id\":\"a\",\"status\":400|\"model\"",
            "{\"custom_id\":\"a\",\"method\":\"GET\",\"body\":CHAT}|\"custom_id\":\"a\",\"status\":400|\"method\"",
            "{\"custom_id\":\"a\",\"url\":\"/v1/files\",\"body\":CHAT}|\"custom_id\":\"a\",\"status\":400|\"url\"",
            "{\"custom_id\":\"a\",\"url\":7,\"body\":CHAT}|\"custom_id\":\"a\",\"status\":400|\"url\"",
            "{\"custom_id\":\"a\",\"body\":{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\"}]}}"
                    + "|\"custom_id\":\"a\",\"status\":400|\"stream\""})
    void aLineThatCannotBeServedSaysWhyAndWhichItIs(String line, String name, String param) {
        Item item = Item.read(new Line(7, line.replace("CHAT", CHAT).getBytes(StandardCharsets.UTF_8), false), 100);

        String answer = new String(AnswerLine.of(item, "r-7", item.refusal(), Money.ZERO), StandardCharsets.UTF_8);

        assertThat(answer).startsWith("{" + name).contains("\"param\":" + param).endsWith("}}}\n");
    }

    @Test
    void aLineThatIsTooLongSaysSo() {
        Item item = Item.read(new Line(7, new byte[0], true), 100);

        assertThat(item.refusal().status()).isEqualTo(413);
        assertThat(item.refusal().message()).isEqualTo("The line is longer than 100 bytes.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{\"custom_id\":\"a\",\"body\":CHAT}", "{\"body\":CHAT,\"x\":[1],\"custom_id\":\"a\"}",
            "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":CHAT}\r"})
    void theRequestIsTheBodyByteForByte(String line) {
        Item item = Item.read(new Line(1, line.replace("CHAT", CHAT).getBytes(StandardCharsets.UTF_8), false), 100);

        assertThat(item.refusal()).isNull();
        assertThat(new String(item.request().body().bytes(), StandardCharsets.UTF_8)).isEqualTo(CHAT);
        assertThat(item.request().model()).isEqualTo("m");
    }

    private static String answer(String line, int status, String body) {
        Item item = Item.read(new Line(1, line.getBytes(StandardCharsets.UTF_8), false), 1000);
        return new String(AnswerLine.of(item, "r-7", new Answer(status, "application/json",
                body.getBytes(StandardCharsets.UTF_8), Receipt.NONE), new Money(1)), StandardCharsets.UTF_8);
    }
}
