package dev.sluice.http;

import dev.sluice.Reply.Refusal;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** What the HTTP layer itself refuses (no such path, wrong method, too large), in the client's envelope. */
@Provider
public final class HttpFaults implements ExceptionMapper<WebApplicationException> {
    static final int TOO_LARGE = 413;
    private static final int SERVER_ERROR = 500;

    @Context
    HttpServerRequest request;

    @Override
    public Response toResponse(WebApplicationException fault) {
        int status = fault.getResponse().getStatus();
        Response.ResponseBuilder response = ErrorEnvelope.response(refusal(status), request);
        fault.getResponse().getAllowedMethods().forEach(method -> response.header("Allow", method));
        return response.build();
    }

    static Refusal refusal(int status) {
        String type = status >= SERVER_ERROR ? "server_error" : "invalid_request_error";
        return Refusal.of(status, type, code(status), message(status));
    }

    private static String code(int status) {
        return switch (status) {
            case 404 -> "unknown_url";
            case 405 -> "method_not_supported";
            case TOO_LARGE -> "request_too_large";
            default -> "http_" + status;
        };
    }

    private static String message(int status) {
        return switch (status) {
            case 404 -> "There is nothing at this path.";
            case 405 -> "This path does not take this method.";
            case 406 -> "This path cannot answer in a type that the Accept header allows.";
            case TOO_LARGE -> "The body is too large.";
            case 415 -> "This path does not take this content type.";
            default -> "The request cannot be served (HTTP " + status + ").";
        };
    }
}
