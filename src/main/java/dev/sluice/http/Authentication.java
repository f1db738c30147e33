package dev.sluice.http;

import dev.sluice.Caller;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.tenant.Callers;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.util.Optional;

/** The key of a request: {@code Authorization: Bearer sk-…}, or {@code x-api-key} as Anthropic's clients send it. */
@Singleton
public final class Authentication {
    private static final String BEARER = "Bearer ";

    private final Callers callers;

    Authentication(Callers callers) {
        this.callers = callers;
    }

    /** The caller; fails with {@link Refused} (401) when there is none. */
    public Uni<Caller> caller(HttpServerRequest request) {
        return callers.identify(secret(request))
                .map(found -> found.orElseThrow(() -> new Refused(Refusal.of(401, "authentication_error",
                        "invalid_api_key", "The API key is missing, unknown or disabled."))));
    }

    private static Optional<String> secret(HttpServerRequest request) {
        String authorization = request.getHeader("Authorization");
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.of(authorization.substring(BEARER.length()).strip());
        }
        return Optional.ofNullable(request.getHeader("x-api-key"));
    }
}
