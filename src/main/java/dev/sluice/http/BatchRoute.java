package dev.sluice.http;

import dev.sluice.Gateway;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.batch.BatchRun;
import dev.sluice.config.Settings;
import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Many requests in one: a line each, in and out. This is a route of its own, not a resource, because a resource gets its
 * body whole; it stands after what holds for every request and before {@link BodyLimit}, which here holds for each line.
 */
@Singleton
final class BatchRoute {
    private static final int BEFORE_BODY_LIMIT = -925;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final String NDJSON = "application/x-ndjson";
    private static final String CONTINUE = "100-continue";

    private final Authentication authentication;
    private final Gateway gateway;
    private final int concurrent;
    private final int lineLimit;

    BatchRoute(Authentication authentication, Gateway gateway, Settings settings,
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit) {
        this.authentication = authentication;
        this.gateway = gateway;
        this.concurrent = settings.batch().maxConcurrent();
        this.lineLimit = Math.toIntExact(limit.asLongValue());
    }

    void register(@Observes Router router) {
        router.route("/v1/batch").order(BEFORE_BODY_LIMIT).handler(this::receive);
    }

    private void receive(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!request.method().equals(HttpMethod.POST)) {
            request.response().putHeader(HttpHeaders.ALLOW, HttpMethod.POST.name());
            ErrorEnvelope.send(request, HttpFaults.refusal(METHOD_NOT_ALLOWED));
            return;
        }
        request.pause(); // nothing is read before it is known that it may be sent
        authentication.caller(request).subscribe().with(caller -> accept(request), failure -> refuse(request, failure));
    }

    private void accept(HttpServerRequest request) {
        try {
            open(request, ordered(request),
                    new BatchPipeline(authentication, gateway, request, WishHeaders.read(request),
                            ForwardedHeaders.read(request)));
        } catch (Refused e) {
            refuse(request, e);
        }
    }

    private void open(HttpServerRequest request, boolean ordered, BatchPipeline pipeline) {
        if (request.response().closed()) {
            return;
        }
        if (CONTINUE.equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        request.response().setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, NDJSON);
        BatchClient client = new BatchClient(request);
        client.attach(new BatchRun(concurrent, lineLimit, ordered, client, pipeline));
    }

    private static boolean ordered(HttpServerRequest request) {
        return switch (Optional.ofNullable(request.getParam("ordered")).orElse("false")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new Refused(Refusal.invalid("ordered", "`ordered` must be true or false."));
        };
    }

    private static void refuse(HttpServerRequest request, Throwable failure) {
        if (!request.response().closed()) {
            request.response().putHeader(HttpHeaders.CONNECTION, "close"); // what follows is what nobody will read
            ErrorEnvelope.send(request, Failures.refusal(failure, RequestIds.of(request)));
        }
    }
}
