package dev.sluice.dialect;

import dev.sluice.Reply.Refusal;
import dev.sluice.json.Splice;
import java.nio.charset.StandardCharsets;

/** Anthropic's error envelope: {@code {"type":"error","error":{"type","message"}}}. */
public final class AnthropicErrors {
    private static final int SERVER_ERROR = 500;

    private AnthropicErrors() {
    }

    static byte[] json(Refusal refusal) {
        return json(refusal.status(), refusal.message());
    }

    public static byte[] json(int status, String message) {
        String json = "{\"type\":\"error\",\"error\":{\"type\":" + Splice.quote(type(status)) + ",\"message\":"
                + Splice.quote(message) + "}}";
        return json.getBytes(StandardCharsets.UTF_8);
    }

    /** Anthropic's word for a status. */
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
            default -> status >= SERVER_ERROR ? "api_error" : "invalid_request_error";
        };
    }
}
