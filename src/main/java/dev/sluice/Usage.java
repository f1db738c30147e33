package dev.sluice;

/**
 * Tokens a provider counted for one request.
 *
 * @param inputTokens all tokens of the prompt, the cached ones included
 * @param cachedInputTokens those of the prompt that the provider read from its own prompt cache
 * @param cacheWriteTokens those of the prompt that it charged for writing to that cache, for some minutes
 * @param longCacheWriteTokens the same, for an hour; these three together are at most inputTokens
 * @param outputTokens all tokens of the answer, reasoning included
 */
public record Usage(long inputTokens, long cachedInputTokens, long cacheWriteTokens, long longCacheWriteTokens,
        long outputTokens) {

    public static final Usage NONE = new Usage(0, 0, 0);

    public Usage {
        if (inputTokens < 0 || cachedInputTokens < 0 || cacheWriteTokens < 0 || longCacheWriteTokens < 0
                || outputTokens < 0 || cachedInputTokens + cacheWriteTokens + longCacheWriteTokens > inputTokens) {
            throw new IllegalArgumentException("usage out of bounds: " + inputTokens + "/" + cachedInputTokens + "/"
                    + cacheWriteTokens + "/" + longCacheWriteTokens + "/" + outputTokens);
        }
    }

    /** Of a provider that does not charge for what it keeps in its prompt cache. */
    public Usage(long inputTokens, long cachedInputTokens, long outputTokens) {
        this(inputTokens, cachedInputTokens, 0, 0, outputTokens);
    }

    public Usage plus(Usage other) {
        return new Usage(inputTokens + other.inputTokens, cachedInputTokens + other.cachedInputTokens,
                cacheWriteTokens + other.cacheWriteTokens, longCacheWriteTokens + other.longCacheWriteTokens,
                outputTokens + other.outputTokens);
    }

    /** Prompt tokens at the ordinary price: neither read from the provider's prompt cache nor charged for going there. */
    public long plainInputTokens() {
        return inputTokens - cachedInputTokens - cacheWriteTokens - longCacheWriteTokens;
    }

    public long totalTokens() {
        return inputTokens + outputTokens;
    }
}
