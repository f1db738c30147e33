package dev.sluice.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** Gives every request an id, the client's own where it is well-formed, and every response the header that names it. */
final class RequestIds {
    private static final String HEADER = "x-request-id";
    private static final int MAX_LENGTH = 128;
    private static final int FIRST = 1000;

    void register(@Observes Filters filters) {
        filters.register(RequestIds::assign, FIRST);
    }

    private static void assign(RoutingContext context) {
        String asked = context.request().getHeader(HEADER);
        String id = asked != null && wellFormed(asked) ? asked : generated();
        context.request().headers().set(HEADER, id);
        context.response().putHeader(HEADER, id);
        context.next();
    }

    /** The id that was assigned when the request came in. */
    static String of(HttpServerRequest request) {
        return request.getHeader(HEADER);
    }

    private static boolean wellFormed(String id) {
        if (id.isEmpty() || id.length() > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean allowed = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.'
                    || c == '_'
                    || c == '-';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }

    private static String generated() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        HexFormat hex = HexFormat.of();
        return "req_" + hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
    }
}
