package dev.sluice.http;

import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.cache.CacheAdministration;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;

/** A client says that an answer from the cache was wrong: nobody gets it again. */
@Path("/v1/feedback")
public final class FeedbackResource {
    private static final Logger LOG = Logger.getLogger(FeedbackResource.class);
    private static final String REQUEST_ID = "request_id";
    private static final String REASON = "reason";
    private static final int LONGEST_REASON = 500;

    private final Authentication authentication;
    private final CacheAdministration cache;
    private final Counter reports;

    FeedbackResource(Authentication authentication, CacheAdministration cache, MeterRegistry meters) {
        this.authentication = authentication;
        this.cache = cache;
        this.reports = Counter.builder("sluice.cache.feedback")
                .description("Entries removed because a client reported their answer as wrong").register(meters);
    }

    @POST
    public Uni<Response> report(byte[] body, @Context HttpServerRequest http) {
        return authentication.caller(http).flatMap(caller -> {
            Json json = parse(body);
            String requestId = text(json, REQUEST_ID);
            if (requestId.isEmpty()) {
                throw refused(REQUEST_ID, "`request_id` is missing: the x-request-id of the answer that was wrong.");
            }
            String reason = printable(text(json, REASON));
            return cache.removeServed(requestId, caller).map(removed -> {
                if (!removed) {
                    throw new Refused(Refusal.of(404, "invalid_request_error", "not_found",
                            "There is no recent request of this key and id that was answered from the cache."));
                }
                reports.increment();
                LOG.infof("key=%s reports a wrong answer from the cache: request_id=%s reason=\"%s\"", caller.key(),
                        printable(requestId), reason);
                return Response.accepted().build();
            });
        });
    }

    private static Json parse(byte[] body) {
        try {
            Json json = Json.parse(body);
            if (json.is(json.root(), Kind.OBJECT)) {
                return json;
            }
        } catch (MalformedJson e) {
            throw refused(null, e.getMessage());
        }
        throw refused(null, "The body must be a JSON object.");
    }

    private static String text(Json json, String name) {
        int value = json.member(json.root(), name);
        if (value == Json.NONE || json.is(value, Kind.NULL)) {
            return "";
        }
        if (!json.is(value, Kind.STRING)) {
            throw refused(name, "`" + name + "` must be a string.");
        }
        return json.text(value);
    }

    /** A log line is one line, whatever a client writes. */
    private static String printable(String text) {
        String start = text.length() > LONGEST_REASON ? text.substring(0, LONGEST_REASON) : text;
        return start.replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029\"]", " ");
    }

    private static Refused refused(String param, String message) {
        return new Refused(Refusal.invalid(param, message));
    }
}
