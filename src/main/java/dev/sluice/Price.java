package dev.sluice;

import java.math.BigDecimal;

/**
 * What a model costs, exactly, in US dollars per million tokens.
 *
 * @param input for a prompt token
 * @param cachedInput for a prompt token that the provider read from its prompt cache
 * @param cacheWrite for a prompt token that it wrote to that cache for some minutes
 * @param longCacheWrite for a prompt token that it wrote to that cache for an hour
 * @param output for an answer token
 */
public record Price(BigDecimal input, BigDecimal cachedInput, BigDecimal cacheWrite, BigDecimal longCacheWrite,
        BigDecimal output) {

    private static final int PER_MILLION = -6;

    /** Of a provider that does not charge for what it keeps in its prompt cache. */
    public Price(BigDecimal input, BigDecimal cachedInput, BigDecimal output) {
        this(input, cachedInput, input, input, output);
    }

    /** The one place where a request's sum is rounded: once, half up, to whole nano-dollars. */
    public Money cost(Usage usage) {
        BigDecimal perMillion = input.multiply(BigDecimal.valueOf(usage.plainInputTokens()))
                .add(output.multiply(BigDecimal.valueOf(usage.outputTokens())));
        if (usage.cachedInputTokens() > 0) {
            perMillion = perMillion.add(cachedInput.multiply(BigDecimal.valueOf(usage.cachedInputTokens())));
        }
        if (usage.cacheWriteTokens() > 0 || usage.longCacheWriteTokens() > 0) {
            perMillion = perMillion.add(cacheWrite.multiply(BigDecimal.valueOf(usage.cacheWriteTokens())))
                    .add(longCacheWrite.multiply(BigDecimal.valueOf(usage.longCacheWriteTokens())));
        }
        return Money.ofUsd(perMillion.scaleByPowerOfTen(PER_MILLION));
    }

    /** What a prompt token costs at most. */
    public BigDecimal dearestInput() {
        return input.max(cachedInput).max(cacheWrite).max(longCacheWrite);
    }
}
