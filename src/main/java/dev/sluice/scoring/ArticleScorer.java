package dev.sluice.scoring;

import dev.sluice.Complexity;
import dev.sluice.Complexity.Feature;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * The keyword score of the article that Sluice started from, to the last floating-point digit: keywords are searched for
 * as substrings of the lower-cased prompt, so "Python" is no reason but "showcase" counts as "how". Kept to compare with.
 */
final class ArticleScorer implements Scorer {
    private static final List<Feature> KEYWORDS = List.of(new Feature("analyze", .3), new Feature("compare", .25),
            new Feature("explain", .15), new Feature("code", .2), new Feature("debug", .35),
            new Feature("refactor", .3), new Feature("translate", .1), new Feature("summarize", .05),
            new Feature("list", .05), new Feature("why", .15), new Feature("how", .2), new Feature("what if", .25));
    private static final Feature LONG = new Feature("more than 1,000 characters", .1);
    private static final int LONG_CHARACTERS = 1000;
    private static final int MAX_READ = 100_000;

    @Override
    public Complexity score(String prompt) {
        double score = 0;
        for (Feature feature : seen(prompt)) {
            score += feature.weight();
        }
        return new Complexity(Math.min(1, score), OptionalDouble.empty());
    }

    @Override
    public List<Feature> explain(String prompt) {
        List<Feature> seen = seen(prompt);
        seen.sort(Comparator.comparingDouble(Feature::weight).reversed());
        return List.copyOf(seen);
    }

    /** In the order of the article, in which it adds them up. */
    private static List<Feature> seen(String prompt) {
        String text = prompt.substring(0, Math.min(MAX_READ, prompt.length())).toLowerCase(Locale.ROOT);
        List<Feature> seen = new ArrayList<>();
        for (Feature keyword : KEYWORDS) {
            if (text.contains(keyword.name())) {
                seen.add(new Feature("contains \"" + keyword.name() + "\"", keyword.weight()));
            }
        }
        if (prompt.codePointCount(0, Math.min(MAX_READ, prompt.length())) > LONG_CHARACTERS) {
            seen.add(LONG);
        }
        return seen;
    }
}
