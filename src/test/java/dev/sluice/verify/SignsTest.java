package dev.sluice.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Settings.Verify;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is seen in a pair that is near enough for anything. */
class SignsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = { //
            "language    | What is recursion and how does it work?   | Was ist Rekursion und wie funktioniert sie?",
            "literal     | What does `foo` do?                       | What does `bar` do?",
            "literal     | Is x > 5?                                 | Is x < 5?",
            "literal     | What is 6/3?                              | What is 6-3?",
            "number      | What is 17 plus 25?                       | What is 17 plus 26?",
            "number      | Nenne drei Vorteile von Java              | Nenne fünf Vorteile von Java",
            "name        | What is the capital of France?            | What is the capital of Finland?",
            "name        | best restaurants in london                | best restaurants in paris",
            "name        | Übersetze den Text ins Französische       | Übersetze den Text ins Deutsche",
            "negation    | Does Python support threads?              | Doesn't Python support threads?",
            "negation    | Wie lange ist das gültig?                 | Wie lange ist das nicht gültig?",
            "opposite    | How do I enable logging?                  | How do I disable logging?",
            "opposite    | Ist Kaffee gesund?                        | Ist Kaffee ungesund?",
            "opposite    | Was soll ich vor dem Sport essen?         | Was soll ich nach dem Sport essen?",
            "opposite    | Which trains go from Berlin?              | Which trains go to Berlin?",
            "question    | Where was he born?                        | When was he born?",
            "question    | Wer hat das Buch geschrieben?             | Wann wurde das Buch geschrieben?",
            "instruction | Explain photosynthesis to me              | Explain photosynthesis to me in uppercase",
            "trouble     | How do I verify my identity?              | I have trouble verifying my identity",
            "order       | What is 5 minus 3?                        | What is 3 minus 5?",
            "order       | Does the dog bite the man?                | Does the man bite the dog?",
            "threshold   | What is shown on the screen?              | What is served in the basement?"})
    void refuseWithTheirReason(String reason, String cached, String asked) {
        assertThat(Verifiers.of(Verify.STRICT).judge(cached, asked, .94)).isEqualTo(new Verdict(false, reason));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = { //
            "How much are 1,000 grams?                      | How much are 1000 grams?",
            "Name three prime numbers                       | Name 3 prime numbers",
            "Is the U.S. bigger than Canada?                | Is the US bigger than Canada?",
            "What is the difference of Java and Python?     | What is the difference of Python and Java?",
            "Where can I buy a note book for school?        | Where can I buy a notebook for school?",
            "What are the symptoms of pneumonia?            | What are the symptoms of pneumonai?",
            "What are the benefits of running every day?    | What are the advantages of running every day?",
            "Was ist der Vorteil eines Elektroautos?        | Was sind die Vorteile von Elektroautos?"})
    void areNotSeenInOtherSpellings(String cached, String asked) {
        assertThat(Verifiers.of(Verify.BALANCED).judge(cached, asked, .98)).matches(Verdict::same);
    }
}
