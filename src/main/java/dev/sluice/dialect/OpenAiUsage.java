package dev.sluice.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.Usage;
import java.io.IOException;
import java.util.Optional;

/**
 * The {@code usage} of an answer, as the many providers write it: of a chat completion or the last of its chunks, of a
 * response, of embeddings.
 */
final class OpenAiUsage implements UsageCount {
    private long input = ABSURD;
    private long output = ABSURD;
    private long total;
    private long cached;
    private long written;

    OpenAiUsage() {
    }

    private OpenAiUsage(long output) {
        this.output = output;
    }

    /** Of an answer that nothing was generated for. */
    static OpenAiUsage withoutOutput() {
        return new OpenAiUsage(0);
    }

    @Override
    public void read(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "prompt_tokens", "input_tokens" -> input = UsageCount.count(parser);
                case "completion_tokens", "output_tokens" -> output = UsageCount.count(parser);
                case "total_tokens" -> total = UsageCount.count(parser);
                case "prompt_cache_hit_tokens" -> cached = UsageCount.count(parser); // DeepSeek's
                case "prompt_tokens_details", "input_tokens_details" -> {
                    if (value == JsonToken.START_OBJECT) {
                        promptDetails(parser);
                    }
                }
                default -> parser.skipChildren();
            }
        }
    }

    private void promptDetails(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "cached_tokens" -> cached = UsageCount.count(parser);
                case "cache_write_tokens" -> written = UsageCount.count(parser);
                default -> parser.skipChildren();
            }
        }
    }

    @Override
    public Optional<Usage> usage() {
        if (input < 0 || output < 0) {
            return Optional.empty();
        }
        // Gemini and xAI leave reasoning out of completion_tokens, but not out of the total, nor out of their bills.
        long billed = Math.max(output, Math.min(MOST_TOKENS, total - input));
        // More cached than prompt tokens: unclear what was meant, so nothing counts as cheaper.
        boolean clear = cached >= 0 && written >= 0 && cached + written <= input;
        return Optional.of(clear
                ? new Usage(input, cached, written, 0, billed)
                : new Usage(input, cached < 0 || cached > input ? 0 : cached, billed));
    }
}
