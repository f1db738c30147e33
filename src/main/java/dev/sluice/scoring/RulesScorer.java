package dev.sluice.scoring;

import dev.sluice.Complexity;
import dev.sluice.Complexity.Feature;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Weighs what a prompt asks for and is about, in German and English: instruction verbs, topics, code, mathematics,
 * structure, length and constraints. Every sign counts by the logarithm of its sightings, and all of them together
 * saturate exponentially, so no single thing makes a prompt hard and no pile of them exceeds 1.
 */
final class RulesScorer implements Scorer {
    private static final Sign[] SIGNS = Sign.values();
    private static final double[] STRENGTHS = new double[SIGNS.length];
    private static final int SHORT_CHARACTERS = 250;
    private static final Comparator<Feature> WEIGHTIEST = Comparator
            .comparingDouble((Feature feature) -> Math.abs(feature.weight())).reversed();

    static {
        strength(.55, Sign.PROVE);
        strength(.5, Sign.DEBUG);
        strength(.45, Sign.REFACTOR);
        strength(.35, Sign.BUILD);
        strength(.3, Sign.ANALYSE);
        strength(.25, Sign.COMPARE, Sign.SOLVE, Sign.MATHEMATICS, Sign.FORMULA);
        strength(.2, Sign.WHAT_IF, Sign.CHANCE);
        strength(.15, Sign.EXPLAIN, Sign.WHY, Sign.CODE);
        strength(.12, Sign.PHYSICS, Sign.LOGIC);
        strength(.1, Sign.WRITE, Sign.CONSTRAINT, Sign.OPERATOR, Sign.CODE_LINE);
        strength(.08, Sign.CHEMISTRY, Sign.LAW, Sign.CHARACTER);
        strength(.05, Sign.HOW, Sign.TRANSLATE, Sign.SUMMARISE, Sign.LIST, Sign.NEGATION, Sign.ALGEBRA, Sign.MEDICINE,
                Sign.MORALS, Sign.ECONOMY, Sign.BRACKET, Sign.UNDERSCORE);
        strength(.03, Sign.SHARE, Sign.SURPLUS, Sign.DECIMAL, Sign.NUMBER, Sign.INDENTED_LINE, Sign.LIST_ITEM);
        strength(.02, Sign.PARENTHESIS);
        strength(-.05, Sign.COLON);
        strength(-.15, Sign.TEXT_LINE); // who brings the text brings most of the answer
    }

    private static void strength(double strength, Sign... signs) {
        for (Sign sign : signs) {
            STRENGTHS[sign.ordinal()] = strength;
        }
    }

    @Override
    public Complexity score(String prompt) {
        return new Complexity(score(sum(parts(Sightings.in(prompt)))), OptionalDouble.empty());
    }

    private static double score(double sum) {
        return sum <= 0 ? 0 : 1 - StrictMath.exp(-sum);
    }

    @Override
    public List<Feature> explain(String prompt) {
        double[] parts = parts(Sightings.in(prompt));
        double sum = sum(parts);
        double score = score(sum);
        List<Feature> features = new ArrayList<>();
        for (int i = 0; score > 0 && i < SIGNS.length; i++) {
            if (parts[i] != 0) {
                features.add(new Feature(SIGNS[i].words(), score * parts[i] / sum));
            }
        }
        features.sort(WEIGHTIEST);
        return List.copyOf(features);
    }

    /** What each sign contributes, by its ordinal. */
    static double[] parts(Sightings seen) {
        double[] parts = new double[SIGNS.length];
        for (int i = 0; i < SIGNS.length; i++) {
            parts[i] = part(SIGNS[i], seen);
        }
        return parts;
    }

    /** All contributions together; negative where a prompt looks easier than one without any sign. */
    static double sum(double[] parts) {
        double sum = 0;
        for (double part : parts) {
            sum += part;
        }
        return sum;
    }

    private static double part(Sign sign, Sightings seen) {
        double strength = STRENGTHS[sign.ordinal()];
        int count = seen.count(sign);
        if (strength == 0 || count == 0) {
            return 0;
        }
        return strength * switch (sign) {
            case CHARACTER -> Math.max(0, log2((1 + count) / (double) SHORT_CHARACTERS));
            case TEXT_LINE -> seen.count(Sign.OPTION) + seen.count(Sign.FORMULA) == 0 ? log2(count) : 0;
            default -> log2(1 + count);
        };
    }

    private static double log2(double x) {
        return StrictMath.log(x) / StrictMath.log(2);
    }
}
