package dev.sluice.http;

import dev.sluice.Reply.Refusal;
import dev.sluice.redis.StoreUnavailable;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** What cannot be answered without Redis, while Redis is away. Its return is noticed within two seconds. */
@Provider
public final class StoreFaults implements ExceptionMapper<StoreUnavailable> {
    private static final int RETRY_SECONDS = 2;

    @Context
    HttpServerRequest request;

    @Override
    public Response toResponse(StoreUnavailable fault) {
        return ErrorEnvelope.response(refusal(), request).build();
    }

    static Refusal refusal() {
        return Refusal.of(503, "server_error", "store_unavailable", "Redis cannot be reached; this answer needs it.")
                .retryAfter(RETRY_SECONDS);
    }
}
