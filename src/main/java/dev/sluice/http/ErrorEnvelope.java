package dev.sluice.http;

import dev.sluice.Endpoint;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.dialect.Dialect;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** The gateway's no, as the client's dialect writes it. */
@Provider
public final class ErrorEnvelope implements ExceptionMapper<Refused> {
    private static final Dialect OPENAI = Dialect.of(Endpoint.CHAT_COMPLETIONS);

    @Override
    public Response toResponse(Refused refused) {
        return response(refused.refusal()).build();
    }

    static Response.ResponseBuilder response(Refusal refusal) {
        return response(refusal, OPENAI);
    }

    static Response.ResponseBuilder response(Refusal refusal, Dialect dialect) {
        Response.ResponseBuilder response = Response.status(refusal.status()).type(MediaType.APPLICATION_JSON_TYPE)
                .entity(dialect.error(refusal));
        refusal.retryAfterSeconds().ifPresent(seconds -> response.header("Retry-After", seconds));
        return response;
    }

    /** For what is not answered through a resource. */
    static void send(HttpServerResponse response, Refusal refusal) {
        refusal.retryAfterSeconds()
                .ifPresent(seconds -> response.putHeader("Retry-After", Long.toString(seconds)));
        response.setStatusCode(refusal.status()).putHeader("Content-Type", MediaType.APPLICATION_JSON)
                .end(Buffer.buffer(OPENAI.error(refusal)));
    }
}
