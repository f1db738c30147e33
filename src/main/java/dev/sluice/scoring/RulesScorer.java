package dev.sluice.scoring;

import dev.sluice.Complexity;
import dev.sluice.Complexity.Feature;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Weighs what a prompt asks for, in German and English: instruction verbs, code, mathematics, structure, length and
 * constraints. Every sighting of a sign counts half of the one before it, and all strengths together saturate
 * exponentially, so no single thing makes a prompt hard and no pile of them exceeds 1.
 */
final class RulesScorer implements Scorer {
    private static final Sign[] SIGNS = Sign.values();
    private static final int SHORT_WORDS = 40;
    private static final Comparator<Feature> WEIGHTIEST = Comparator.comparingDouble(Feature::weight).reversed();

    @Override
    public Complexity score(String prompt) {
        Sightings seen = Sightings.in(prompt);
        double[] strengths = new double[SIGNS.length];
        double sum = 0;
        for (int i = 0; i < SIGNS.length; i++) {
            strengths[i] = SIGNS[i].strength() * amount(SIGNS[i], seen);
            sum += strengths[i];
        }
        double score = 1 - StrictMath.exp(-sum);
        List<Feature> features = new ArrayList<>();
        for (int i = 0; i < SIGNS.length; i++) {
            if (strengths[i] > 0) {
                features.add(new Feature(SIGNS[i].words(), score * strengths[i] / sum));
            }
        }
        features.sort(WEIGHTIEST);
        return new Complexity(score, OptionalDouble.empty(), List.copyOf(features));
    }

    /** How many times the sign's strength counts, with diminishing returns. */
    private static double amount(Sign sign, Sightings seen) {
        int count = seen.count(sign);
        return switch (sign) {
            case LENGTH -> seen.words() > SHORT_WORDS ? log2((double) seen.words() / SHORT_WORDS) : 0;
            case QUESTION -> count > 1 ? log2(count) : 0;
            case STRUCTURE, CONSTRAINT, CODE, MATHEMATICS -> log2(1 + count);
            default -> 2 - 2.0 / (1L << Math.min(count, 32)); // 1 + 1/2 + 1/4 ...
        };
    }

    private static double log2(double x) {
        return StrictMath.log(x) / StrictMath.log(2);
    }
}
