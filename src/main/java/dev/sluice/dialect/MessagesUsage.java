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
final class MessagesUsage {
    /** More tokens than this in one answer are a provider's mistake, not a bill. */
    private static final long MOST_TOKENS = 100_000_000;
    private static final long ABSURD = -1;

    private long input = ABSURD;
    private long read;
    private long written;
    private long writtenForAnHour;
    private long output = ABSURD;

    /** Reads the object that the parser stands at the beginning of. */
    void read(JsonParser parser) throws IOException {
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
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return otherwise;
        }
        if (!parser.currentToken().isNumeric()) {
            parser.skipChildren();
            return ABSURD;
        }
        double count = parser.getDoubleValue();
        return count >= 0 && count <= MOST_TOKENS && count == Math.rint(count) ? (long) count : ABSURD;
    }

    /** Empty where the provider did not count, or where the counts cannot be true. */
    Optional<Usage> usage() {
        if (input < 0 || output < 0 || read < 0 || written < 0) {
            return Optional.empty();
        }
        long hour = Math.max(0, Math.min(written, writtenForAnHour));
        return Optional.of(new Usage(input + read + written, read, written - hour, hour, output));
    }
}
