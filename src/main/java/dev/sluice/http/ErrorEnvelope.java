package dev.sluice.http;

import dev.sluice.Endpoint;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.dialect.Dialect;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** The gateway's no, as the client's dialect writes it. */
@Provider
public final class ErrorEnvelope implements ExceptionMapper<Refused> {
    private static final Dialect OPENAI = Dialect.of(Endpoint.CHAT_COMPLETIONS);
    private static final Dialect ANTHROPIC = Dialect.of(Endpoint.MESSAGES);
    private static final String MESSAGES = "/v1" + Endpoint.MESSAGES.path();

    @Context
    HttpServerRequest request;

    @Override
    public Response toResponse(Refused refused) {
        return response(refused.refusal(), request).build();
    }

    /** What clients of this path speak. */
    static Dialect spokenAt(HttpServerRequest request) {
        String path = request.path();
        boolean anthropic = path != null && path.startsWith(MESSAGES)
                && (path.length() == MESSAGES.length() || path.charAt(MESSAGES.length()) == '/');
        return anthropic ? ANTHROPIC : OPENAI;
    }

    static Response.ResponseBuilder response(Refusal refusal, HttpServerRequest request) {
        return response(refusal, spokenAt(request));
    }

    static Response.ResponseBuilder response(Refusal refusal, Dialect dialect) {
        Response.ResponseBuilder response = Response.status(refusal.status()).type(MediaType.APPLICATION_JSON_TYPE)
                .entity(dialect.error(refusal));
        refusal.retryAfterSeconds().ifPresent(seconds -> response.header("Retry-After", seconds));
        return response;
    }

    /** For what is not answered through a resource. */
    static void send(HttpServerRequest request, Refusal refusal) {
        HttpServerResponse response = request.response();
        refusal.retryAfterSeconds()
                .ifPresent(seconds -> response.putHeader("Retry-After", Long.toString(seconds)));
        response.setStatusCode(refusal.status()).putHeader("Content-Type", MediaType.APPLICATION_JSON)
                .end(Buffer.buffer(spokenAt(request).error(refusal)));
    }
}
