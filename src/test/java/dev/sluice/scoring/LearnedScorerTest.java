package dev.sluice.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.Complexity;
import dev.sluice.Complexity.Feature;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LearnedScorerTest {
    private static final String SMALL = """
            sluice-scorer 1
            # a comment
            rules 0.5
            logistic -1.0 2.0
            map 0.2 0.0
            map 0.4 0.5
            map 1.0 1.0
            steps QUESTION 0.0 1.5 0.25
            steps words 0.1 10.0 -0.1 100.0 0.2
            """;

    private final Scorer shipped = LearnedScorer.shipped();

    @ParameterizedTest
    @ValueSource(strings = { "Hallo!", "What are your opening hours?", "Nenne drei Farben.",
            "Translate to German: Good morning", "Schreibe ein Gedicht zum Geburtstag meiner Mutter."})
    void whatAnybodyCanAnswerGoesToTheCheapestTier(String prompt) {
        assertThat(shipped.score(prompt).score()).isBetween(0.0, .4);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "Analysiere und vergleiche beide Architekturen, begründe die Wahl und nenne mindestens drei Bedingungen, "
                    + "die der Entwurf einhalten muss.",
            "Solve $\\int_0^1 x^2 \\sin(x) dx$ and show that the result is $<1/3$.",
            "Debug this code and prove that your version is correct:\n```python\ndef f(a):\n    return f(a[1:])\n```"})
    void whatIsHardGoesToAStrongTier(String prompt) {
        assertThat(shipped.score(prompt).score()).isGreaterThan(.7);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "Prove that the square root of 2 is irrational.|Beweise, dass die Wurzel aus 2 irrational ist.",
            "Explain how a generator works in Python.|Erkläre, wie ein Generator in Python arbeitet.",
            "What are the advantages of trains? Compare them with cars.|Was sind die Vorteile von Zügen? Vergleiche sie "
                    + "mit Autos.",
            "A baker sells 12 rolls for 30 cents each and 4 loaves for 3 euros each. How much does he earn in 5 days?"
                    + "|Ein Bäcker verkauft 12 Brötchen für je 30 Cent und 4 Brote für je 3 Euro. Wie viel verdient er "
                    + "in 5 Tagen?"})
    void theLanguageHardlyMatters(String english, String german) {
        assertThat(shipped.score(german).score()).isCloseTo(shipped.score(english).score(), Offset.offset(.1));
    }

    @Test
    void theFeaturesAddUpToTheComplexity() {
        String prompt = "Beweise den Satz und vergleiche ihn mit x^2 = 4. Warum gilt er?";
        Complexity complexity = shipped.score(prompt);
        List<Feature> features = shipped.explain(prompt);

        assertThat(features).extracting(Feature::name).contains("asks for a proof or derivation",
                "asks to compare", "asks why", "any prompt");
        assertThat(features.stream().mapToDouble(Feature::weight).sum())
                .isCloseTo(complexity.score(), Offset.offset(.03)); // the very small ones are left out
    }

    @Test
    void aComplexityIsAProbabilityMapped() throws IOException {
        LearnedModel model = read(SMALL);

        assertThat(model.pWorse(.5)).isEqualTo(.5);
        assertThat(model.complexity(.1)).isZero();
        assertThat(model.complexity(.3)).isCloseTo(.25, Offset.offset(1e-12));
        assertThat(model.complexity(.4)).isCloseTo(.5, Offset.offset(1e-12));
        assertThat(model.complexity(.7)).isCloseTo(.75, Offset.offset(1e-12));
        assertThat(model.complexity(1)).isEqualTo(1);
    }

    @Test
    void whatDataAddIsAddedToTheRules() throws IOException {
        LearnedModel model = read(SMALL);
        double[] traits = new double[Traits.count()];
        traits[Traits.named("QUESTION")] = 2;
        traits[Traits.named("words")] = 10;

        assertThat(model.sum(traits, .8)).isCloseTo(.5 * .8 + .25 + .1, Offset.offset(1e-12));
    }

    @Test
    void aModelIsWrittenAsItIsRead() throws IOException {
        LearnedModel model = read(SMALL);

        assertThat(model.write(List.of("a comment"))).isEqualTo(SMALL);
    }

    @ParameterizedTest
    @ValueSource(strings = { "sluice-scorer 2\n", "", "sluice-scorer 1\nforest 3\n",
            "sluice-scorer 1\nsteps NO_SUCH_TRAIT 0.0\n", "sluice-scorer 1\nsteps words 0.0 1.5\n"})
    void whatIsNoModelIsRefused(String text) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ofAHugePromptBeginningAndEndAreRead() {
        String filling = "lorem ipsum dolor ".repeat(500_000);

        assertThat(shipped.explain(filling + "Beweise das.")).extracting(Feature::name)
                .contains("asks for a proof or derivation");
    }

    private static LearnedModel read(String text) throws IOException {
        return LearnedModel.read(new BufferedReader(new StringReader(text)));
    }
}
