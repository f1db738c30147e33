package dev.sluice.dialect;

import dev.sluice.Reply.Refusal;
import dev.sluice.json.Splice;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** OpenAI's error envelope: {@code {"error":{"message","type","param","code"}}}. */
final class OpenAiErrors {

    private OpenAiErrors() {
    }

    static byte[] json(Refusal refusal) {
        String json = "{\"error\":{\"message\":" + Splice.quote(refusal.message()) + ",\"type\":"
                + Splice.quote(refusal.type()) + ",\"param\":" + orNull(refusal.param()) + ",\"code\":"
                + orNull(refusal.code()) + "}}";
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static String orNull(Optional<String> text) {
        return text.map(Splice::quote).orElse("null");
    }
}
