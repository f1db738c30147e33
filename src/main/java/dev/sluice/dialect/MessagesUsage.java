package dev.sluice.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.Usage;
import java.io.IOException;
import java.util.Optional;

/**
 * Anthropic's {@code usage}. Its input tokens are those that neither came from the prompt cache nor went there; the counts
 * of a stream are totals, so that later ones replace earlier ones.
 */
final class MessagesUsage implements UsageCount {
    private long input = ABSURD;
    private long read;
    private long written;
    private long writtenForAnHour;
    private long output = ABSURD;

    @Override
    public void read(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "input_tokens" -> input = count(parser, input);
                case "output_tokens" -> output = count(parser, output);
                case "cache_read_input_tokens" -> read = count(parser, read);
                case "cache_creation_input_tokens" -> written = count(parser, written);
                case "cache_creation" -> {
                    if (value == JsonToken.START_OBJECT) {
                        lifetimes(parser);
                    }
                }
                default -> parser.skipChildren();
            }
        }
    }

    private void lifetimes(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals("ephemeral_1h_input_tokens")) {
                writtenForAnHour = count(parser, writtenForAnHour);
            } else {
                parser.skipChildren();
            }
        }
    }

    private static long count(JsonParser parser, long otherwise) throws IOException {
        return parser.currentToken() == JsonToken.VALUE_NULL ? otherwise : UsageCount.count(parser);
    }

    @Override
    public Optional<Usage> usage() {
        if (input < 0 || output < 0 || read < 0 || written < 0) {
            return Optional.empty();
        }
        long hour = Math.max(0, Math.min(written, writtenForAnHour));
        return Optional.of(new Usage(input + read + written, read, written - hour, hour, output));
    }
}
