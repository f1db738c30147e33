package dev.sluice.limit;

import dev.sluice.Price;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * A price as whole numbers, for upper bounds: never below what {@link Price#cost} will say.
 *
 * @param input nano-dollars for a million prompt tokens, whatever is dearest: cached, written to the cache or neither
 * @param output nano-dollars for a million answer tokens
 */
record Tariff(long input, long output) {
    /** For models without a price. */
    static final Tariff FREE = new Tariff(0, 0);

    /** The scripts count in doubles, which are exact so far; no budget reaches it. */
    static final long MOST_NANOS = 1L << 53;

    private static final int NANO = 9;
    private static final long MILLION = 1_000_000;

    static Tariff of(Price price) {
        return new Tariff(nanos(price.dearestInput()), nanos(price.output()));
    }

    private static long nanos(BigDecimal usd) {
        return usd.movePointRight(NANO).setScale(0, RoundingMode.CEILING).min(BigDecimal.valueOf(MOST_NANOS))
                .longValueExact();
    }

    /** Nano-dollars for the prompt, rounded up. */
    long prompt(long tokens) {
        return cost(tokens, input);
    }

    /** Nano-dollars for the answers, rounded up. */
    long answers(long tokens) {
        return cost(tokens, output);
    }

    private static long cost(long tokens, long perMillion) {
        if (perMillion > 0 && tokens > (Long.MAX_VALUE - MILLION) / perMillion) {
            return MOST_NANOS;
        }
        return Math.min(MOST_NANOS, (tokens * perMillion + MILLION - 1) / MILLION);
    }
}
