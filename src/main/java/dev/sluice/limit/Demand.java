package dev.sluice.limit;

/**
 * The most that one call may use.
 *
 * @param prompt tokens of the prompt
 * @param output tokens of an answer
 * @param choices number of answers
 * @param least tokens of an answer that are worth calling for; below {@code output} where the bound may be lowered
 * @param tariff what the model costs
 * @param rough whether the prompt's bound is a cheap one, far above what an exact count would say
 */
record Demand(long prompt, long output, int choices, long least, Tariff tariff, boolean rough) {

    /** What is above this is above every limit; a bucket of it still counts exactly in a double. */
    static final long MOST_TOKENS = 100_000_000_000L;

    Demand {
        prompt = Math.min(prompt, MOST_TOKENS);
        output = Math.min(output, MOST_TOKENS / choices);
        least = Math.min(least, output);
    }

    long tokens() {
        return prompt + output * choices;
    }

    long nanos() {
        return Math.min(Tariff.MOST_NANOS, tariff.prompt(prompt) + tariff.answers(output * choices));
    }

    /** Tokens without which there is no answer at all. */
    long leastTokens() {
        return prompt + least * choices;
    }

    long leastNanos() {
        return Math.min(Tariff.MOST_NANOS, tariff.prompt(prompt) + tariff.answers(least * choices));
    }

    Demand granted(long outputGranted) {
        return new Demand(prompt, outputGranted, choices, outputGranted, tariff, rough);
    }

    Demand exactly(long promptCounted) {
        return new Demand(promptCounted, output, choices, least, tariff, false);
    }

    /** What a scope without a budget has to know. */
    Demand tokensOnly() {
        return new Demand(prompt, output, choices, output, Tariff.FREE, rough);
    }

    /** The same call, to a model at another price. */
    Demand at(Tariff other) {
        return new Demand(prompt, output, choices, output, other, false);
    }
}
