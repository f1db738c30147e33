package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.dialect.AnthropicErrors;
import dev.sluice.json.Tree;
import java.nio.charset.StandardCharsets;

/**
 * The bodies of refusals: OpenAI's {@code {"error":{"message","type","param","code"}}}, Anthropic's
 * {@code {"type":"error","error":{"type","message"}}}.
 */
final class ErrorBodies {
    private static final String ERROR = "error";
    private static final String MESSAGE = "message";
    private static final int LONGEST_TEXT = 1000;

    private ErrorBodies() {
    }

    /** Anthropic's as OpenAI's. */
    static byte[] asChat(byte[] body) {
        return asChat(Tree.read(body).orElseGet(() -> unread(body)));
    }

    static byte[] asChat(JsonNode messages) {
        ObjectNode envelope = Tree.object();
        String type = Tree.text(messages.path(ERROR), "type");
        envelope.putObject(ERROR).put(MESSAGE, message(messages)).put("type", type.isEmpty() ? "api_error" : type)
                .putNull("param").put("code", type.equals("rate_limit_error") ? "rate_limit_exceeded" : null);
        return Tree.bytes(envelope);
    }

    /** OpenAI's as Anthropic's; the type is Anthropic's word for the status. */
    static byte[] asMessages(int status, byte[] body) {
        return asMessages(status, Tree.read(body).orElseGet(() -> unread(body)));
    }

    static byte[] asMessages(int status, JsonNode chat) {
        return AnthropicErrors.json(status, message(chat));
    }

    /** Some providers say {@code {"error":"…"}}, {@code {"message":"…"}} or {@code {"detail":"…"}}. */
    private static String message(JsonNode body) {
        for (JsonNode said : new JsonNode[]{ body.path(ERROR).path(MESSAGE), body.path(ERROR), body.path(MESSAGE),
                body.path("detail")}) {
            if (said.isTextual()) {
                return said.textValue();
            }
        }
        return body.toString();
    }

    private static ObjectNode unread(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8).strip();
        return Tree.object().put(MESSAGE, text.isEmpty()
                ? "The provider refused the request without a reason."
                : text.substring(0, Math.min(LONGEST_TEXT, text.length())));
    }
}
