package dev.sluice.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class WordPieceTest {
    private final WordPiece tokenizer = tokenizer();

    private static WordPiece tokenizer() {
        try {
            return new WordPiece(resource("/all-minilm-l6-v2-q-tokenizer.json"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = WordPieceTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    /** Made by Hugging Face's tokenizers 0.23.2 from the same vocabulary. */
    @Test
    void everyTextHasTheTokensThatTheModelsOwnTokenizerFinds() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        List<String> lines = new String(resource("/embedding/tokens.jsonl"), StandardCharsets.UTF_8).lines().toList();

        for (String line : lines) {
            JsonNode example = mapper.readTree(line);
            String text = example.get("text").textValue();
            assertThat(tokenizer.ids(text, 1_000)).as(text).containsExactly(
                    StreamSupport.stream(example.get("ids").spliterator(), false).mapToInt(JsonNode::intValue)
                            .toArray());
        }

        assertThat(lines).hasSizeGreaterThan(40);
    }

    @Test
    void theModelsOwnMarksAreTextLikeAnyOther() {
        assertThat(tokenizer.ids("[CLS] a [SEP]", 100)).containsExactly(101, 1031, 18856, 2015, 1033, 1037, 1031, 19802,
                1033, 102);
    }

    @Test
    void aTextOfTooManyTokensHasNone() {
        String nine = "one two three four five six seven eight nine";

        assertThat(tokenizer.ids(nine, 11)).hasSize(11);
        assertThat(tokenizer.ids(nine, 10)).isNull();
        assertThat(tokenizer.ids("word ".repeat(100_000), 256)).isNull();
    }

    @Test
    void noTextIsTooStrangeToBeCut() {
        List<String> strange = new ArrayList<>();
        for (int c = 0; c < Character.MAX_CODE_POINT; c += 13) {
            strange.add("a" + Character.toString(c) + "b");
        }

        assertThat(strange).allSatisfy(text -> assertThat(tokenizer.ids(text, 100)).startsWith(101).endsWith(102));
    }
}
