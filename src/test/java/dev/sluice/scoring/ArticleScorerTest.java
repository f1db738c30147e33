package dev.sluice.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Complexity.Feature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArticleScorerTest {
    private final Scorer scorer = new ArticleScorer();

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = { "Hi|0", "ANALYZE it|0.3", "analyse it|0", "showcase|0.2",
            "Debug and list the code|0.6000000000000001", "explain how to translate|0.45", "what if, and why|0.4",
            "Erkläre die Vorteile|0"})
    void addsTheWeightsOfSubstrings(String prompt, double expected) {
        assertThat(scorer.score(prompt).score()).isEqualTo(expected);
    }

    @Test
    void sumsAsFloatingPointDoes() {
        assertThat(scorer.score("analyze, compare, explain").score()).isEqualTo(.3 + .25 + .15);
        assertThat(scorer.score("code, debug, refactor").score()).isEqualTo(.2 + .35 + .3);
    }

    @Test
    void addsATenthBeyondAThousandCharactersAndCapsAtOne() {
        assertThat(scorer.score("x".repeat(1000)).score()).isZero();
        assertThat(scorer.score("x".repeat(1001)).score()).isEqualTo(.1);
        assertThat(scorer.score("\uD83D\uDE00".repeat(1000)).score()).isZero();
        assertThat(scorer.score("analyze compare explain code debug refactor").score()).isEqualTo(1);
    }

    @Test
    void namesWhatItFound() {
        assertThat(scorer.explain("List the code")).containsExactly(new Feature("contains \"code\"", .2),
                new Feature("contains \"list\"", .05));
        assertThat(scorer.score("List the code").pWorse()).isEmpty();
    }
}
