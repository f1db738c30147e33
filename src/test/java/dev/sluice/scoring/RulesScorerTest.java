package dev.sluice.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Complexity;
import dev.sluice.Complexity.Feature;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RulesScorerTest {
    private final Scorer scorer = new RulesScorer();

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = { "Analyse this.|asks to analyse or judge",
            "It was analyzed.|asks to analyse or judge", "Bitte analysiere das.|asks to analyse or judge",
            "Das analysierte Ergebnis|asks to analyse or judge", "Vergleiche A und B.|asks to compare",
            "Ihr vergleicht A und B.|asks to compare", "comparing A|asks to compare",
            "debugging this|asks to find a fault", "Kannst du das debuggen?|asks to find a fault",
            "Behebe das.|asks to find a fault", "refactored|asks to refactor or optimise",
            "Refaktoriere die Klasse|asks to refactor or optimise", "Beweise den Satz|asks for a proof or derivation",
            "Show that this holds|asks for a proof or derivation", "Übersetze das.|asks to translate",
            "UEBERSETZE DAS.|asks to translate", "translates|asks to translate",
            "Fasse den Text kurz zusammen.|asks to summarise", "Zusammenfassung bitte|asks to summarise",
            "Liste die Länder auf.|asks for a list", "Erkläre Generatoren.|asks to explain",
            "Warum ist das so?|asks why", "What if it rains?|asks what would be if",
            "Was wäre, wenn es regnet?|asks what would be if"})
    void readsInstructionsInBothLanguagesAndAnyForm(String prompt, String sign) {
        Complexity complexity = scorer.score(prompt);

        assertThat(complexity.score()).isPositive();
        assertThat(scorer.explain(prompt)).extracting(Feature::name).contains(sign);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = { "The showcase was nice.|asks how", "He is a specialist.|asks for a list",
            "Encode it.|code", "Das Fass ist leer.|asks to summarise", "An improvement|asks for a proof or derivation"})
    void takesNoPartOfAWordForAWord(String prompt, String sign) {
        assertThat(scorer.explain(prompt)).extracting(Feature::name).doesNotContain(sign);
    }

    @Test
    void seesCodeMathematicsStructureAndConstraints() {
        List<Feature> features = scorer.explain("""
                You must use at least two loops, without recursion:
                - a list item
                1. a numbered item
                ```
                for (int i = 0; i < n; i++) {
                ```
                $x^2 + y = 3$ and \\frac{1}{2}""");

        assertThat(features).extracting(Feature::name).contains("lines of code", "formulas",
                "list items", "constraints to keep");
    }

    @Test
    void ranksTasksAsPeopleWould() {
        double greeting = score("Hallo!");
        double list = score("Nenne drei Farben.");
        double explanation = score("Erkläre mir, wie ein Generator in Python funktioniert.");
        double analysis = score("Analysiere und vergleiche beide Architekturen, begründe die Wahl und nenne "
                + "mindestens drei Bedingungen, die der Entwurf einhalten muss.");
        double proof = score("Prove by induction that the algorithm below is correct, analyse its complexity, compare "
                + "it with quicksort and debug this code:\n```python\ndef f(a):\n    return a[1:] + f(a)\n```\n"
                + "You must not use recursion; at least two invariants are required.");

        assertThat(greeting).isZero();
        assertThat(list).isBetween(greeting, explanation).isLessThan(.1);
        assertThat(explanation).isLessThan(.4);
        assertThat(analysis).isBetween(.4, .9);
        assertThat(proof).isGreaterThan(analysis).isGreaterThan(.9);
    }

    @Test
    void repetitionAddsLessAndLess() {
        double once = score("Debug.");
        double twice = score("Debug. Debug.");
        double thrice = score("Debug. Debug. Debug.");

        assertThat(twice - once).isLessThan(once);
        assertThat(thrice - twice).isPositive().isLessThan(twice - once);
        assertThat(score("Debug. ".repeat(100_000))).isLessThan(1);
    }

    @Test
    void theFeaturesAddUpToTheScore() {
        String prompt = "Warum? Vergleiche und beweise: x = y. Nenne mindestens zwei Gründe.";
        Complexity complexity = scorer.score(prompt);
        List<Feature> features = scorer.explain(prompt);

        assertThat(features.stream().mapToDouble(Feature::weight).sum()).isCloseTo(complexity.score(),
                org.assertj.core.data.Offset.offset(1e-12));
        assertThat(features).isSortedAccordingTo((a, b) -> Double.compare(b.weight(), a.weight()));
    }

    @Test
    void theLocaleDoesNotMatter() {
        Locale before = Locale.getDefault();
        double here = score("LIST IT. DISKUTIERE DIE VORTEILE.");
        try {
            Locale.setDefault(Locale.forLanguageTag("tr"));
            assertThat(score("LIST IT. DISKUTIERE DIE VORTEILE.")).isEqualTo(here);
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void readsBeginningAndEndOfAHugePrompt() {
        String filling = "lorem ipsum ".repeat(1_000_000);

        assertThat(scorer.explain("Beweise das. " + filling)).extracting(Feature::name)
                .contains("asks for a proof or derivation");
        assertThat(scorer.explain(filling + " Beweise das.")).extracting(Feature::name)
                .contains("asks for a proof or derivation");
    }

    private double score(String prompt) {
        return scorer.score(prompt).score();
    }
}
