package dev.sluice.http;

import dev.sluice.Reply.Refusal;
import dev.sluice.json.Splice;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.Optional;

/** OpenAI's error envelope: {@code {"error":{"message","type","param","code"}}}. */
@Provider
public final class ErrorEnvelope implements ExceptionMapper<Refused> {

    @Override
    public Response toResponse(Refused refused) {
        return response(refused.refusal()).build();
    }

    static Response.ResponseBuilder response(Refusal refusal) {
        Response.ResponseBuilder response = Response.status(refusal.status()).type(MediaType.APPLICATION_JSON_TYPE)
                .entity(json(refusal));
        refusal.retryAfterSeconds().ifPresent(seconds -> response.header("Retry-After", seconds));
        return response;
    }

    static String json(Refusal refusal) {
        return "{\"error\":{\"message\":" + Splice.quote(refusal.message()) + ",\"type\":"
                + Splice.quote(refusal.type()) + ",\"param\":" + orNull(refusal.param()) + ",\"code\":"
                + orNull(refusal.code()) + "}}";
    }

    private static String orNull(Optional<String> text) {
        return text.map(Splice::quote).orElse("null");
    }
}
