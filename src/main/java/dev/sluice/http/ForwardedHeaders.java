package dev.sluice.http;

import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The headers of a client that reach the provider, because they change what it answers. */
final class ForwardedHeaders {
    private static final String BETA = "anthropic-beta";
    private static final Pattern NAMES = Pattern.compile("[A-Za-z0-9_.,; -]{1,1024}");

    private ForwardedHeaders() {
    }

    /** @throws Refused with 400 where one of them cannot be understood */
    static Map<String, String> read(HttpServerRequest request) {
        List<String> lines = request.headers().getAll(BETA);
        if (lines.isEmpty()) {
            return Map.of();
        }
        String names = String.join(",", lines).strip();
        if (!NAMES.matcher(names).matches()) {
            throw new Refused(Refusal.invalid(BETA,
                    "The header " + BETA + " must be a list of names, of 1,024 characters at most."));
        }
        return Map.of(BETA, names);
    }
}
