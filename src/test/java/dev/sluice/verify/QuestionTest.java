package dev.sluice.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuestionTest {

    @ParameterizedTest
    @CsvSource({ "What is the fastest way home?,ENGLISH", "Was ist der schnellste Weg nach Hause?,GERMAN",
            "how to sort a list,ENGLISH", "Erkläre Quicksort,GERMAN", "Quel est le plus court chemin ?,OTHER",
            "Quicksort,OTHER"})
    void knowsItsLanguage(String text, Language language) {
        assertThat(Question.of(text).language()).isEqualTo(language);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = { "1,000|1000", "1.000|1000", "3,5|3.5", "3.50|3.5", "007|7", "4:30|4:30",
            "1.2.3|1.2.3", "1st|1", "22nd|22"})
    void knowsANumberInAnySpelling(String text, String number) {
        assertThat(Question.of("Take " + text + " now").tokens().get(1).lower()).isEqualTo(number);
    }

    @Test
    void readsNumbersInWords() {
        assertThat(Question.of("Was sind fünfundzwanzig und zwölf?").content()).extracting(Token::lower)
                .containsExactly("25", "12");
        assertThat(Question.of("What are twenty and seven?").content()).extracting(Token::lower)
                .containsExactly("20", "7");
    }

    @Test
    void partsAMeasureFromItsUnit() {
        assertThat(Question.of("How far are 5km for $20?").content()).extracting(Token::lower)
                .containsSequence("5", "km", "20", "dollar");
    }

    @Test
    void keepsCodeAndAddressesWhole() {
        assertThat(Question.of("What do a[0]=b.c() and https://a.example/x?y=1 mean?").content())
                .extracting(Token::lower).containsExactly("a[0]=b.c()", "https://a.example/x?y=1");
    }

    @Test
    void leavesOutWhatOnlyAsks() {
        assertThat(Question.of("Could you please tell me what the capital of France is?").content())
                .extracting(Token::lower).containsExactly("capital", "france");
    }
}
