package dev.sluice.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    @Test
    void findsValuesWhereTheyStand() {
        Json json = json(" {\"a\":[1,{\"b\":\"x\\\"\\u00e4\"},[]],\"m\\u006fdel\" : \"gpt\" , \"n\":-1.5e3}");

        int array = json.member(0, "a");
        int one = json.first(array);
        int object = json.next(array, one);
        int empty = json.next(array, object);
        assertThat(json.literal(one)).isEqualTo("1");
        assertThat(json.string(object, "b")).contains("x\"ä");
        assertThat(json.first(empty)).isEqualTo(Json.NONE);
        assertThat(json.next(array, empty)).isEqualTo(Json.NONE);
        assertThat(json.string(0, "model")).contains("gpt");
        assertThat(json.literal(json.member(0, "n"))).isEqualTo("-1.5e3");
        assertThat(json.end(0)).isEqualTo(json.bytes().length);
    }

    @Test
    void replacesOneValueAndLeavesEveryOtherByte() {
        Json json = json("{ \"model\" :\"auto\",\n\"x\": 1.0 }");

        byte[] spliced = Splice.replaceString(json, json.member(0, "model"), "gpt \"4\"");

        assertThat(new String(spliced, StandardCharsets.UTF_8))
                .isEqualTo("{ \"model\" :\"gpt \\\"4\\\"\",\n\"x\": 1.0 }");
    }

    @Test
    void appendsMembers() {
        assertThat(new String(Splice.of(json("{}")).append("a", "1").bytes(), StandardCharsets.UTF_8))
                .isEqualTo("{\"a\":1}");
        assertThat(new String(Splice.of(json("{\"b\":[]} ")).append("a", "1").bytes(), StandardCharsets.UTF_8))
                .isEqualTo("{\"b\":[],\"a\":1} ");
    }

    @ParameterizedTest
    @ValueSource(strings = { "", " ", "{", "{}}", "{} {}", "[1,]", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"", "\"\\ud800x\"", "nul", "01", "+1", "{'a':1}", "\"\\x\"", "\"a\nb\"", "NaN", "//c\n1",
            "\"\\u00g0\"", "\""})
    void refusesWhatIsNotJson(String text) {
        assertThatThrownBy(() -> json(text)).isInstanceOf(MalformedJson.class).message().endsWith(".")
                .doesNotContain("\n");
    }

    @Test
    void refusesANameThatComesTwiceInOneObjectHoweverManyThereAre() {
        String many = IntStream.range(0, 40).mapToObj(i -> "\"n" + i + "\":" + i).collect(Collectors.joining(","));

        assertThat(json("{" + many + ",\"in\":[{\"n1\":1},{\"n1\":{\"n1\":2}}]}").member(0, "n39")).isPositive();
        assertThatThrownBy(() -> json("{" + many + ",\"n7\":0}")).isInstanceOf(MalformedJson.class)
                .hasMessage("The body is not valid JSON: Duplicate field 'n7', at byte " + (many.length() + 2) + ".");
        assertThatThrownBy(() -> json("{" + many + ",\"\\u006e7\":0}")).isInstanceOf(MalformedJson.class);
        assertThatThrownBy(() -> json("[{\"a\":[{\"b\":1,\"c\":{},\"b\":2}]}]")).isInstanceOf(MalformedJson.class)
                .hasMessageContaining("'b'");
        assertThatThrownBy(() -> json("{\"\":1,\"\":2}")).isInstanceOf(MalformedJson.class);
    }

    @Test
    void refusesDeepNestingAndForeignEncodings() {
        assertThatThrownBy(() -> json("[".repeat(5000) + "]".repeat(5000))).isInstanceOf(MalformedJson.class);
        assertThatThrownBy(() -> Json.parse("{}".getBytes(StandardCharsets.UTF_16BE)))
                .isInstanceOf(MalformedJson.class);
        assertThatThrownBy(() -> Json.parse("{}".getBytes(StandardCharsets.UTF_16LE)))
                .isInstanceOf(MalformedJson.class);
        assertThatThrownBy(() -> Json.parse(new byte[]{ '"', (byte) 0xc3, '"'})).isInstanceOf(MalformedJson.class);
        assertThatThrownBy(() -> Json.parse(new byte[]{ '"', (byte) 0xc0, (byte) 0x80, '"'}))
                .isInstanceOf(MalformedJson.class);
        assertThatThrownBy(() -> Json.parse(new byte[]{ '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'}))
                .isInstanceOf(MalformedJson.class);
    }

    private static Json json(String text) {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8));
    }
}
