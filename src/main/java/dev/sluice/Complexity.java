package dev.sluice;

import java.util.OptionalDouble;

/**
 * How hard a prompt looks.
 *
 * @param score 0 (trivial) to 1; what the tiers compare with their {@code above}
 * @param pWorse probability 0..1 that the cheapest tier's answer would be worse than the best tier's; empty for scorers
 *        that do not estimate it
 */
public record Complexity(double score, OptionalDouble pWorse) {

    /** One thing seen in the prompt, in words, and what it added to (or took from) the score. */
    public record Feature(String name, double weight) {}
}
