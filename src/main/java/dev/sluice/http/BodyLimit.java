package dev.sluice.http;

import dev.sluice.Reply.Refusal;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Turns a body that is too large away in the client's own envelope: by its announced length before a byte of it is read, or
 * as soon as an unannounced one has grown too large. Quarkus' limit, which is the same, would answer without a body.
 */
@Singleton
final class BodyLimit {
    private static final int AFTER_REQUEST_IDS = 900;

    private final long limit;

    BodyLimit(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit) {
        this.limit = limit.asLongValue();
    }

    void register(@Observes Filters filters) {
        filters.register(this::check, AFTER_REQUEST_IDS);
    }

    private void check(RoutingContext context) {
        HttpServerRequest request = context.request();
        String announced = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (announced != null && length(announced) > limit) {
            refuse(context);
        } else if (announced == null && request.headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
            collect(context, request);
        } else {
            context.next();
        }
    }

    private void collect(RoutingContext context, HttpServerRequest request) {
        Buffer body = Buffer.buffer();
        request.handler(piece -> {
            if (body.length() <= limit) {
                body.appendBuffer(piece);
                if (body.length() > limit) {
                    refuse(context);
                }
            }
        });
        request.endHandler(end -> {
            if (body.length() <= limit) {
                ((RoutingContextInternal) context).setBody(body);
                context.next();
            }
        });
    }

    private void refuse(RoutingContext context) {
        context.response().putHeader(HttpHeaders.CONNECTION, "close"); // what follows is the body that nobody will read
        ErrorEnvelope.send(context.request(), tooLarge(limit));
    }

    private static Refusal tooLarge(long limit) {
        return Refusal.of(HttpFaults.TOO_LARGE, "invalid_request_error", "request_too_large",
                "The body is larger than " + limit + " bytes.");
    }

    private static long length(String announced) {
        try {
            return Long.parseLong(announced);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
