package dev.sluice.scoring;

import java.util.ArrayList;
import java.util.List;

/**
 * A prompt as the numbers that the trained scorer decides by. German and English versions of a text have nearly the same
 * numbers: lengths are converted to English ones, and signs that the two languages show differently are left out.
 */
final class Traits {
    /** German needs more letters and fewer words to say the same; measured on translated word problems. */
    private static final double GERMAN_WORDS = 1.05;
    private static final double GERMAN_LETTERS = 1.17;
    private static final double GERMAN_CHARACTERS = 1.12;

    private static final Sign[] COUNTED = counted();
    private static final List<String> NAMES = names();
    private static final List<String> WORDS = words();

    private Traits() {
    }

    static int count() {
        return NAMES.size();
    }

    /** What the trait is called in a trained model. */
    static String name(int trait) {
        return NAMES.get(trait);
    }

    /** -1 where there is none of this name. */
    static int named(String name) {
        return NAMES.indexOf(name);
    }

    /** What the trait is called in an explanation. */
    static String words(int trait) {
        return WORDS.get(trait);
    }

    /** @param rules what {@link RulesScorer#sum} makes of the same sightings */
    static double[] of(Sightings seen, double rules) {
        boolean german = seen.count(Sign.GERMAN) > seen.count(Sign.ENGLISH);
        double characters = seen.count(Sign.CHARACTER) / (german ? GERMAN_CHARACTERS : 1);
        double words = seen.count(Sign.WORD) * (german ? GERMAN_WORDS : 1);
        double letters = seen.count(Sign.LETTER) / (german ? GERMAN_LETTERS : 1);
        double beforeOptions = seen.beforeOptions() / (german ? GERMAN_CHARACTERS : 1);
        double[] traits = new double[NAMES.size()];
        int i = 0;
        for (Sign sign : COUNTED) {
            traits[i++] = seen.count(sign);
        }
        traits[i++] = rules;
        traits[i++] = characters;
        traits[i++] = words;
        traits[i++] = letters / Math.max(1, words);
        traits[i++] = words / (1 + seen.count(Sign.SENTENCE));
        traits[i++] = beforeOptions;
        traits[i++] = (characters - beforeOptions) / Math.max(1, seen.count(Sign.OPTION));
        traits[i++] = seen.longestLine() / (german ? GERMAN_CHARACTERS : 1);
        traits[i++] = seen.longestNumber();
        traits[i++] = seen.count(Sign.NUMBER) / Math.max(1, words);
        traits[i++] = seen.count(Sign.OPERATOR) / Math.max(1, characters);
        traits[i] = (seen.count(Sign.OPERATOR) + seen.count(Sign.FORMULA) + seen.count(Sign.BRACKET)
                + seen.count(Sign.PARENTHESIS) + seen.count(Sign.UNDERSCORE)) / Math.max(1, characters);
        return traits;
    }

    private static List<String> names() {
        List<String> names = new ArrayList<>();
        for (Sign sign : COUNTED) {
            names.add(sign.name());
        }
        names.addAll(List.of("rules", "characters", "words", "word-length", "sentence-length", "question-length",
                "option-length", "longest-line", "longest-number", "number-density", "operator-density",
                "symbol-density"));
        return List.copyOf(names);
    }

    private static List<String> words() {
        List<String> words = new ArrayList<>();
        for (Sign sign : COUNTED) {
            words.add(sign.words());
        }
        words.addAll(List.of("the rules' score", "length", "number of words", "length of words", "length of sentences",
                "length of the question", "length of the options", "longest line", "longest number",
                "density of numbers", "density of operators", "density of symbols"));
        return List.copyOf(words);
    }

    private static Sign[] counted() {
        List<Sign> counted = new ArrayList<>(List.of(Sign.values()));
        counted.removeAll(List.of(Sign.ENGLISH, Sign.GERMAN, Sign.HOW, Sign.WORD, Sign.LETTER, Sign.CHARACTER));
        return counted.toArray(Sign[]::new);
    }
}
