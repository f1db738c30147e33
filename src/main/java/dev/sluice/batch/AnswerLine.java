package dev.sluice.batch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.sluice.CacheStatus;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.json.Splice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** An answer as a line: {@code {"custom_id","status","request_id","cost_usd","cached","body"}}. */
final class AnswerLine {
    private static final JsonFactory FACTORY = new JsonFactoryBuilder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE).build())
            .build();

    private AnswerLine() {
    }

    /** @param cost of all that was done for this line */
    static byte[] of(Item item, String id, Reply reply, Money cost) {
        byte[] body = reply instanceof Answer answer
                ? onOneLine(answer.body())
                : item.dialect().error((Refusal) reply);
        String head = "{" + item.name() + ",\"status\":" + reply.status() + ",\"request_id\":" + Splice.quote(id)
                + ",\"cost_usd\":\"" + cost + "\",\"cached\":" + cached(reply.receipt()) + ",\"body\":";
        ByteArrayOutputStream line = new ByteArrayOutputStream(head.length() + body.length + 16);
        line.writeBytes(head.getBytes(StandardCharsets.UTF_8));
        line.writeBytes(body);
        line.write('}');
        line.write('\n');
        return line.toByteArray();
    }

    /** Whether the answer was there, or on its way, when it was asked for. */
    static boolean cached(Receipt receipt) {
        return receipt.cache().filter(status -> status instanceof CacheStatus.ExactHit
                || status instanceof CacheStatus.SemanticHit || status instanceof CacheStatus.Collapsed).isPresent();
    }

    /**
     * The same JSON without line breaks, which stand only between its tokens, never in its strings. What is no JSON (an
     * error page of something between us and a provider) becomes a string.
     */
    static byte[] onOneLine(byte[] body) {
        if (!isJson(body)) {
            return Splice.quote(new String(body, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
        }
        byte[] line = body;
        for (int i = 0; i < body.length; i++) {
            if (body[i] == '\n' || body[i] == '\r') {
                line = line == body ? body.clone() : line;
                line[i] = ' ';
            }
        }
        return line;
    }

    private static boolean isJson(byte[] body) {
        try (JsonParser parser = FACTORY.createParser(body)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return false;
            }
            if (first.isStructStart()) {
                parser.skipChildren();
            } else {
                parser.finishToken();
            }
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }
}
