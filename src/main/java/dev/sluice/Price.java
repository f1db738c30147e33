package dev.sluice;

import java.math.BigDecimal;

/**
 * What a model costs, exactly, in US dollars per million tokens.
 *
 * @param input for a prompt token
 * @param cachedInput for a prompt token that the provider read from its prompt cache
 * @param output for an answer token
 */
public record Price(BigDecimal input, BigDecimal cachedInput, BigDecimal output) {

    private static final int PER_MILLION = -6;

    /** The one place where a request's sum is rounded: once, half up, to whole nano-dollars. */
    public Money cost(Usage usage) {
        BigDecimal perMillion = input.multiply(BigDecimal.valueOf(usage.inputTokens() - usage.cachedInputTokens()))
                .add(cachedInput.multiply(BigDecimal.valueOf(usage.cachedInputTokens())))
                .add(output.multiply(BigDecimal.valueOf(usage.outputTokens())));
        return Money.ofUsd(perMillion.scaleByPowerOfTen(PER_MILLION));
    }
}
