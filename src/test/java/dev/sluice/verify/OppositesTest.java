package dev.sluice.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OppositesTest {

    @ParameterizedTest
    @CsvSource({ "GERMAN,vorteile,nachteile", "GERMAN,vorname,nachname", "GERMAN,einschalten,ausschalten",
            "GERMAN,sorgenvoll,sorgenlos", "GERMAN,sicher,unsicher", "GERMAN,teurer,billiger", "ENGLISH,enable,disable",
            "ENGLISH,enabled,disabled", "ENGLISH,import,export", "ENGLISH,useful,useless", "ENGLISH,safe,unsafe",
            "ENGLISH,increasing,decreasing", "ENGLISH,buying,selling", "ENGLISH,employer,employee",
            "ENGLISH,shallow,deep"})
    void excludeOneAnother(Language language, String a, String b) {
        assertThat(Opposites.of(language).exclude(word(a, language), word(b, language))).isTrue();
        assertThat(Opposites.of(language).exclude(word(b, language), word(a, language))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({ "GERMAN,vorteile,vorzüge", "ENGLISH,advantage,benefits", "ENGLISH,table,chair", "ENGLISH,big,large",
            "ENGLISH,stand,understand"})
    void areNotSynonymsOrStrangers(Language language, String a, String b) {
        assertThat(Opposites.of(language).exclude(word(a, language), word(b, language))).isFalse();
    }

    private static Token word(String word, Language language) {
        return Question.of(word, language).tokens().get(0);
    }
}
