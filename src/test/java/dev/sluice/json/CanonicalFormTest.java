package dev.sluice.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.erdtman.jcs.NumberToJSON;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CanonicalFormTest {

    /** RFC 8785, 3.2.2 and 3.2.4; 333333333.33333329 is a number that the RFC would round. */
    @Test
    void writesTheExampleOfTheRfc() {
        String example = """
                {
                  "numbers": [333333333.33333329, 1E30, 4.50,
                              2e-3, 0.000000000000000000000000001],
                  "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
                  "literals": [null, true, false]
                }""";

        assertThat(canonical(example)).isEqualTo("{\"literals\":[null,true,false],"
                + "\"numbers\":[#333333333.33333329,1e+30,4.5,0.002,1e-27],"
                + "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    }

    /** RFC 8785, 3.2.3. */
    @Test
    void sortsNamesByTheirUtf16CodeUnits() {
        String example = """
                {
                  "\\u20ac": "Euro Sign",
                  "\\r": "Carriage Return",
                  "\\ufb33": "Hebrew Letter Dalet With Dagesh",
                  "1": "One",
                  "\\ud83d\\ude00": "Emoji: Grinning Face",
                  "\\u0080": "Control",
                  "\\u00f6": "Latin Small Letter O With Diaeresis"
                }""";
        String expected = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
                + "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\","
                + "\"\ud83d\ude00\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}";

        assertThat(canonical(example)).isEqualTo(expected);
        assertThat(canonical(expected)).isEqualTo(expected);
    }

    /** RFC 8785, appendix B: IEEE 754 bits and the number as ECMAScript writes it. */
    @ParameterizedTest
    @CsvSource({ "0000000000000000,0", "8000000000000000,0", "0000000000000001,5e-324", "8000000000000001,-5e-324",
            "7fefffffffffffff,1.7976931348623157e+308", "ffefffffffffffff,-1.7976931348623157e+308",
            "4340000000000000,9007199254740992", "c340000000000000,-9007199254740992",
            "4430000000000000,295147905179352830000", "44b52d02c7e14af5,9.999999999999997e+22",
            "44b52d02c7e14af6,1e+23", "44b52d02c7e14af7,1.0000000000000001e+23",
            "444b1ae4d6e2ef4e,999999999999999700000", "444b1ae4d6e2ef4f,999999999999999900000",
            "444b1ae4d6e2ef50,1e+21", "3eb0c6f7a0b5ed8c,9.999999999999997e-7", "3eb0c6f7a0b5ed8d,0.000001",
            "41b3de4355555553,333333333.3333332", "41b3de4355555554,333333333.33333325",
            "41b3de4355555555,333333333.3333333", "41b3de4355555556,333333333.3333334",
            "41b3de4355555557,333333333.33333343", "becbf647612f3696,-0.0000033333333333333333",
            "43143ff3c1cb0959,1424953923781206.2"})
    void writesNumbersAsEcmaScriptDoes(String bits, String expected) throws IOException {
        double number = Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16));

        assertThat(NumberToJSON.serializeNumber(number)).isEqualTo(expected);
        assertThat(canonical(expected)).isEqualTo(expected);
        assertThat(canonical("[" + expected.replace("e", "E") + " ]")).isEqualTo("[" + expected + "]");
    }

    @ParameterizedTest
    @CsvSource({ "-0,0", "0.0,0", "-0.000,0", "0e5,0", "1.0,1", "10.50,10.5", "100.0,100", "-1.0e0,-1", "1e2,100",
            "0.70,0.7", "0.00000100,0.000001", "0.0000001,1e-7", "123456789012345,123456789012345",
            "1234567890123456,1234567890123456", "9007199254740992,9007199254740992",
            "9007199254740993,#9007199254740993", "12345678901234567890,#12345678901234567890", "1e400,#1e400",
            "-1e400,#-1e400", "1e-400,#1e-400", "1e99999999999,#1e99999999999",
            "0.1000000000000000055511151231257827,#0.1000000000000000055511151231257827",
            "0.30000000000000004,0.30000000000000004", "1E+2,100", "-12.0e-1,-1.2"})
    void keepsNumbersApartThatADoubleWouldMerge(String literal, String expected) {
        assertThat(canonical(literal)).isEqualTo(expected);
    }

    @Test
    void leavesOutMembersOfTheRootOnly() {
        assertThat(canonical("{\"b\":{\"user\":1},\"us\\u0065r\":2,\"a\":1}", Set.of("user")))
                .isEqualTo("{\"a\":1,\"b\":{\"user\":1}}");
        assertThat(canonical("{\"user\":2}", Set.of("user"))).isEqualTo("{}");
    }

    @Test
    void sortsManyMembers() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            names.add("\"k" + (1000 + i) + "\":" + i);
        }
        String sorted = "{" + String.join(",", names) + "}";
        Collections.shuffle(names, new Random(1));

        assertThat(canonical("{" + String.join(", ", names) + "}")).isEqualTo(sorted);
    }

    @RepeatedTest(300)
    void membersInAnyOrderAndAnyWhitespaceSayTheSame(RepetitionInfo repetition) {
        RandomJson value = new RandomJson(repetition.getCurrentRepetition());

        String one = value.write(1);
        String other = value.write(2);

        assertThat(canonical(other)).isEqualTo(canonical(one));
    }

    @RepeatedTest(300)
    void anyChangeShows(RepetitionInfo repetition) {
        RandomJson value = new RandomJson(repetition.getCurrentRepetition());
        String before = canonical(value.write(1));

        value.changeSomething();

        assertThat(canonical(value.write(1))).isNotEqualTo(before);
    }

    private static String canonical(String text) {
        return canonical(text, Set.of());
    }

    private static String canonical(String text, Set<String> leftOut) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CanonicalForm.write(Json.parse(text.getBytes(StandardCharsets.UTF_8)), leftOut, out::write);
        return out.toString(StandardCharsets.UTF_8);
    }
}
