package dev.sluice.routing;

import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import dev.sluice.Endpoint;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Splice;
import java.nio.charset.StandardCharsets;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestSizeTest {
    private final Encoding tokenizer = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);

    @ParameterizedTest
    @ValueSource(strings = {
            "A sluice is a gate that lets through only as much as is needed. This one stands between applications and "
                    + "language models and answers one question for every request: which is the cheapest way?",
            "Der Kredit wird in gleichbleibenden monatlichen Raten zurückgezahlt, deren Höhe sich nach der Laufzeit "
                    + "und dem Zinssatz richtet; Sondertilgungen sind jederzeit möglich und verkürzen die Laufzeit.",
            "for (int i = 0; i < values.length; i++) {\n    total += values[i] * weights[i];\n}\nreturn total / n;",
            "In 2024 they sold 1,250,000 units for $3,499.99 each, which is 17.5 % more than the 1,063,830 of 2023.",
            "水門は必要な量だけを通す門である。アプリケーションと言語モデルの間に立ち、すべての要求に答える。"})
    void isNearWhatATokenizerCounts(String text) {
        String manyTimes = (text + "\n").repeat(20);
        long counted = tokenizer.countTokens(manyTimes);

        assertThat(RequestSize.estimate(request(manyTimes))).isCloseTo(counted, Percentage.withPercentage(25));
    }

    @Test
    void anAttachedImageIsNotCountedByItsBytes() {
        long tokens = RequestSize.estimate(request("data:image/png;base64," + "iVBORw0KGgo".repeat(100_000)));

        assertThat(tokens).isBetween(1000L, 1100L);
    }

    private static Request request(String content) {
        Json body = Json.parse(("{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":"
                + Splice.quote(content) + "}]}").getBytes(StandardCharsets.UTF_8));
        return new Request(Endpoint.CHAT_COMPLETIONS, body, "auto", content, 0, 1);
    }
}
