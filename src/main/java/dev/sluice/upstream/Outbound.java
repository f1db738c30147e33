package dev.sluice.upstream;

import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.Splice;

/**
 * A request as the provider gets it: the client's bytes, but for {@code model} and an output bound that limits demand.
 *
 * @param cutShort whether the bound is ours
 */
record Outbound(byte[] bytes, boolean cutShort) {
    private static final String MAX_TOKENS = "max_tokens";
    private static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";

    /**
     * @param bound the most output tokens per choice; 0: as the client asked
     * @param boundName the member to add where the client gave no bound
     */
    static Outbound of(Request request, Model model, long bound, String boundName) {
        Json body = request.body();
        int root = body.root();
        Splice copy = null;
        boolean bounded = false;
        boolean cutShort = false;
        for (int name = body.first(root); name != Json.NONE; name = body.next(root, name)) {
            int value = body.value(name);
            switch (body.text(name)) {
                case "model" -> {
                    if (!body.is(value, Kind.STRING) || !body.text(value).equals(model.upstreamName())) {
                        copy = edit(copy, body).replace(value, Splice.quote(model.upstreamName()));
                    }
                }
                case MAX_TOKENS, MAX_COMPLETION_TOKENS -> {
                    bounded = true;
                    if (bound > 0 && !within(body, value, bound)) {
                        copy = edit(copy, body).replace(value, Long.toString(bound));
                        cutShort = true;
                    }
                }
                default -> {
                    // the client's own
                }
            }
        }
        if (bound > 0 && !bounded) {
            copy = edit(copy, body).append(boundName, Long.toString(bound));
            cutShort = true;
        }
        return new Outbound(copy == null ? body.bytes() : copy.bytes(), cutShort);
    }

    private static Splice edit(Splice begun, Json body) {
        return begun == null ? Splice.of(body) : begun;
    }

    private static boolean within(Json body, int value, long bound) {
        return body.is(value, Kind.NUMBER) && Double.parseDouble(body.literal(value)) <= bound;
    }

    /** OpenAI itself refuses the older name for its newer models; nearly everybody else knows only that one. */
    static String boundName(String host) {
        return "api.openai.com".equals(host) ? MAX_COMPLETION_TOKENS : MAX_TOKENS;
    }
}
