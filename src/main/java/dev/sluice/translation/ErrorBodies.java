package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
        return asChat(Trees.read(body).orElseGet(() -> unread(body)));
    }

    static byte[] asChat(JsonNode messages) {
        ObjectNode envelope = Trees.object();
        String type = Trees.text(messages.path(ERROR), "type");
        envelope.putObject(ERROR).put(MESSAGE, message(messages)).put("type", type.isEmpty() ? "api_error" : type)
                .putNull("param").put("code", type.equals("rate_limit_error") ? "rate_limit_exceeded" : null);
        return Trees.write(envelope);
    }

    /** OpenAI's as Anthropic's; the type is Anthropic's word for the status. */
    static byte[] asMessages(int status, byte[] body) {
        return asMessages(status, Trees.read(body).orElseGet(() -> unread(body)));
    }

    static byte[] asMessages(int status, JsonNode chat) {
        ObjectNode envelope = Trees.object().put("type", ERROR);
        envelope.putObject(ERROR).put("type", type(status)).put(MESSAGE, message(chat));
        return Trees.write(envelope);
    }

    /** Anthropic's types of errors by status. */
    static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 402 -> "billing_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503, 529 -> "overloaded_error";
            case 504 -> "timeout_error";
            default -> status >= 500 ? "api_error" : "invalid_request_error";
        };
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
        return Trees.object().put(MESSAGE, text.isEmpty()
                ? "The provider refused the request without a reason."
                : text.substring(0, Math.min(LONGEST_TEXT, text.length())));
    }
}
