package dev.sluice.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Settings.Verify;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class VerifierTest {

    @ParameterizedTest
    @EnumSource(names = { "STRICT", "BALANCED"})
    void servesWhatDiffersInCaseSpacesAndMarksOnly(Verify verify) {
        assertThat(Verifiers.of(verify).judge("What is  the capital of France", "what is the capital of france?", .99)
                .same()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "Erkläre die Vorteile von Python-Generatoren|Was sind die Nachteile von Python-Generatoren?",
            "What is 17 plus 25?|What is 17 plus 26?", "How do I enable SSH?|How do I disable SSH?",
            "What is the capital of France?|What is the capital of Finland?",
            "Translate the text to French|Translate the text to German",
            "How do I open a file in Python 2?|How do I open a file in Python 3?"})
    void neverServesTheAnswerToAnotherQuestion(String cached, String asked) {
        for (Verify verify : new Verify[]{ Verify.STRICT, Verify.BALANCED}) {
            assertThat(Verifiers.of(verify).judge(cached, asked, .999).same()).isFalse();
            assertThat(Verifiers.of(verify).judge(asked, cached, .999).same()).isFalse();
        }
    }

    @Test
    void servesTheArticlesPair() {
        assertThat(Verifiers.of(Verify.BALANCED).judge("Erkläre die Vorteile von Python-Generatoren",
                "Was sind die Vorteile von Python-Generatoren?", .896)).isEqualTo(new Verdict(true, "no-sign"));
    }

    @Test
    void believesTheEmbeddingWhereItIsOff() {
        Verifier off = Verifiers.of(Verify.OFF);

        assertThat(off.judge("a", "b", off.floor()).same()).isTrue();
        assertThat(off.judge("a", "b", off.floor() - .001)).isEqualTo(new Verdict(false, "threshold"));
    }
}
