package dev.sluice;

/**
 * Tokens a provider counted for one request.
 *
 * @param inputTokens all tokens of the prompt, the cached ones included
 * @param cachedInputTokens those of the prompt that the provider read from its own prompt cache; at most inputTokens
 * @param outputTokens all tokens of the answer, reasoning included
 */
public record Usage(long inputTokens, long cachedInputTokens, long outputTokens) {

    public static final Usage NONE = new Usage(0, 0, 0);

    public Usage {
        if (inputTokens < 0 || cachedInputTokens < 0 || outputTokens < 0 || cachedInputTokens > inputTokens) {
            throw new IllegalArgumentException(
                    "usage out of bounds: " + inputTokens + "/" + cachedInputTokens + "/" + outputTokens);
        }
    }

    public Usage plus(Usage other) {
        return new Usage(inputTokens + other.inputTokens, cachedInputTokens + other.cachedInputTokens,
                outputTokens + other.outputTokens);
    }

    public long totalTokens() {
        return inputTokens + outputTokens;
    }
}
