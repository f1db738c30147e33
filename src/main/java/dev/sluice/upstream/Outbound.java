package dev.sluice.upstream;

import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.Dialect.Member;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.Splice;

/**
 * A request as the provider gets it: the client's bytes, but for {@code model}, an output bound that limits
 * demand, and the wish to be told the usage of a stream.
 *
 * @param cutShort whether the bound is ours
 */
record Outbound(byte[] bytes, boolean cutShort) {
    static final String STREAM_OPTIONS = "stream_options";

    /**
     * @param bound the most output tokens per choice; 0: as the client asked
     * @param dialect what the provider speaks
     * @param host the provider's
     * @param streamOptions whether the provider knows them; else it does not get the client's either
     */
    static Outbound of(Request request, Model model, long bound, Dialect dialect, String host,
            boolean streamOptions) {
        Json body = request.body();
        int root = body.root();
        Splice copy = null;
        boolean bounded = false;
        boolean cutShort = false;
        Member asking = request.streamed() && streamOptions ? dialect.askingForUsage(request).orElse(null) : null;
        boolean asked = asking == null;
        for (int name = body.first(root); name != Json.NONE; name = body.next(root, name)) {
            int value = body.value(name);
            if (body.named(name, "model")) {
                if (!body.is(value, Kind.STRING) || !body.text(value).equals(model.upstreamName())) {
                    copy = edit(copy, body).replace(value, Splice.quote(model.upstreamName()));
                }
            } else if (body.named(name, dialect.boundNames())) {
                bounded = true;
                if (bound > 0 && !within(body, value, bound)) {
                    copy = edit(copy, body).replace(value, Long.toString(bound));
                    cutShort = true;
                }
            } else if (!streamOptions && body.named(name, STREAM_OPTIONS)) {
                copy = edit(copy, body).remove(name);
            } else if (!asked && body.named(name, asking.name())) {
                asked = true;
                copy = edit(copy, body).replace(value, asking.literal());
            }
        }
        if (bound > 0 && !bounded) {
            copy = edit(copy, body).append(dialect.boundName(host), Long.toString(bound));
            cutShort = true;
        }
        if (!asked) {
            copy = edit(copy, body).append(asking.name(), asking.literal());
        }
        return new Outbound(copy == null ? body.bytes() : copy.bytes(), cutShort);
    }

    private static Splice edit(Splice begun, Json body) {
        return begun == null ? Splice.of(body) : begun;
    }

    private static boolean within(Json body, int value, long bound) {
        return body.is(value, Kind.NUMBER) && Double.parseDouble(body.literal(value)) <= bound;
    }
}
