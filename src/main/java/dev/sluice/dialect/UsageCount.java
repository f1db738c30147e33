package dev.sluice.dialect;

import com.fasterxml.jackson.core.JsonParser;
import dev.sluice.Usage;
import java.io.IOException;
import java.util.Optional;

/** The {@code usage} of an answer, as its provider counted it. */
sealed interface UsageCount permits OpenAiUsage, MessagesUsage {
    long ABSURD = -1;
    /** More tokens than this in one answer are a provider's mistake, not a bill. */
    long MOST_TOKENS = 100_000_000;

    /** Reads the object that the parser stands at the beginning of. */
    void read(JsonParser parser) throws IOException;

    /** Empty where the provider did not count, or where the counts cannot be true. */
    Optional<Usage> usage();

    /** The number that the parser stands at; {@link #ABSURD} where there is none, or none that can be true. */
    static long count(JsonParser parser) throws IOException {
        if (!parser.currentToken().isNumeric()) {
            parser.skipChildren();
            return ABSURD;
        }
        double count = parser.getDoubleValue();
        return count >= 0 && count <= MOST_TOKENS && count == Math.rint(count) ? (long) count : ABSURD;
    }
}
