package dev.sluice.http;

import dev.sluice.Endpoint;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.dialect.Dialect;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.OptionalLong;

/** The gateway's no, as the client's dialect writes it. */
@Provider
public final class ErrorEnvelope implements ExceptionMapper<Refused> {
    private static final Dialect OPENAI = Dialect.of(Endpoint.CHAT_COMPLETIONS);
    private static final Dialect ANTHROPIC = Dialect.of(Endpoint.MESSAGES);
    static final CharSequence CONTENT_TYPE = HttpHeaders.createOptimized("Content-Type");
    private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
    private static final CharSequence JSON = HttpHeaders.createOptimized(MediaType.APPLICATION_JSON);
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
        Response.ResponseBuilder response = Response.status(refusal.status()).type(MediaType.APPLICATION_JSON_TYPE)
                .entity(spokenAt(request).error(refusal));
        refusal.retryAfterSeconds().ifPresent(seconds -> response.header("Retry-After", seconds));
        return response;
    }

    /** For what is not answered through a resource. */
    static void send(HttpServerRequest request, Refusal refusal) {
        send(refusal, spokenAt(request), request.response());
    }

    static void send(Refusal refusal, Dialect dialect, HttpServerResponse response) {
        addRetryAfter(refusal.retryAfterSeconds(), response);
        response.setStatusCode(refusal.status()).putHeader(CONTENT_TYPE, JSON)
                .end(Buffer.buffer(Unpooled.wrappedBuffer(dialect.error(refusal))));
    }

    static void addRetryAfter(OptionalLong seconds, HttpServerResponse response) {
        if (seconds.isPresent()) {
            response.putHeader(RETRY_AFTER, Long.toString(seconds.getAsLong()));
        }
    }
}
