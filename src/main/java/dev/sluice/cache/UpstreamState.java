package dev.sluice.cache;

import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;

/**
 * Whether a request creates or reads state at the provider. Such an answer is more than its bytes: it names things that
 * exist for whoever asked (a stored completion, an audio clip), or depends on things that change (a conversation, the web).
 */
final class UpstreamState {

    private UpstreamState() {
    }

    static boolean isTouchedBy(Request request) {
        Json body = request.body();
        int root = body.root();
        return body.is(body.member(root, "store"), Kind.TRUE)
                || isGiven(body, "previous_response_id")
                || isGiven(body, "conversation")
                || isGiven(body, "audio")
                || isGiven(body, "web_search_options")
                || hasHostedTool(body, body.member(root, "tools"));
    }

    private static boolean isGiven(Json body, String name) {
        int value = body.member(body.root(), name);
        return value != Json.NONE && !body.is(value, Kind.NULL);
    }

    /** Tools that the client runs itself are functions and custom ones; all others are run by the provider. */
    private static boolean hasHostedTool(Json body, int tools) {
        if (!body.is(tools, Kind.ARRAY)) {
            return false;
        }
        for (int tool = body.first(tools); tool != Json.NONE; tool = body.next(tools, tool)) {
            String type = body.string(tool, "type").orElse("function");
            if (!type.equals("function") && !type.equals("custom")) {
                return true;
            }
        }
        return false;
    }
}
