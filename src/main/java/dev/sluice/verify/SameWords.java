package dev.sluice.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Takes two questions for the same when they differ in nothing but words of asking, in German or in English. */
record SameWords(double floor) implements Verifier {
    private static final Pattern BETWEEN = Pattern.compile("[\\s.,;:!?]+");
    private static final Pattern DIGIT = Pattern.compile("\\p{N}");
    private static final Set<String> ASKING = Set.of("please", "tell", "me", "explain", "what", "are", "is", "the",
            "bitte", "erkläre", "erklär", "mir", "was", "sind", "ist", "die", "der", "das");

    @Override
    public Verdict judge(String cached, String asked, double cosine) {
        if (words(cached, Set.of()).equals(words(asked, Set.of()))) {
            return Verdict.same(Reason.IDENTICAL);
        }
        if (cosine < floor) {
            return Verdict.different(Reason.THRESHOLD);
        }
        List<String> a = words(cached, ASKING);
        List<String> b = words(asked, ASKING);
        if (a.equals(b)) {
            return Verdict.same(Reason.NO_SIGN);
        }
        boolean numbers = a.stream().filter(DIGIT.asPredicate()).toList()
                .equals(b.stream().filter(DIGIT.asPredicate()).toList());
        return Verdict.different(numbers ? Reason.WORD : Reason.NUMBER);
    }

    private static List<String> words(String text, Set<String> without) {
        List<String> words = new ArrayList<>();
        for (String word : BETWEEN.split(text.toLowerCase(Locale.ROOT))) {
            if (!word.isEmpty() && !without.contains(word)) {
                words.add(word);
            }
        }
        return words;
    }
}
