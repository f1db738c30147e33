package dev.sluice.http;

import dev.sluice.Reply.Refusal;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * A replica that ends takes no new requests once {@code quarkus.shutdown.delay} has passed: they could keep it from ending.
 * What it has begun goes on; its health and its meters may still be read. Quarkus closes a connection with each answer that
 * it gives from the signal on, so that who keeps one has the delay to learn of the end without losing a request.
 */
@Singleton
final class Ending {
    /** What nobody may see, {@link HiddenAdmin}, does not show by its end either. */
    private static final int AFTER_WHAT_HIDES = -930;

    private final Vertx vertx;
    private final Duration delay;
    private Router router;

    Ending(Vertx vertx, @ConfigProperty(name = "quarkus.shutdown.delay") Optional<Duration> delay) {
        this.vertx = vertx;
        this.delay = delay.orElse(Duration.ZERO);
    }

    void register(@Observes Router main) {
        router = main;
    }

    void begin(@Observes ShutdownDelayInitiatedEvent signal) {
        if (delay.toMillis() > 0) {
            vertx.setTimer(delay.toMillis(), end -> refuseAll());
        } else {
            refuseAll();
        }
    }

    /** These routes come with the end, so that no request before it pays for them. */
    private void refuseAll() {
        router.route("/v1/*").order(AFTER_WHAT_HIDES).handler(Ending::refuse);
        router.route("/admin/*").order(AFTER_WHAT_HIDES).handler(Ending::refuse);
    }

    /**
     * Once it has all been sent, unless its client waits for leave to send it: the connection is closed with the answer, and
     * what still comes then would reset it, which destroys an answer that has not been read.
     */
    private static void refuse(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.isEnded() || request.headers().contains(HttpHeaders.EXPECT)) {
            send(request);
        } else {
            request.end().onSuccess(whole -> send(request));
            request.resume();
        }
    }

    private static void send(HttpServerRequest request) {
        ErrorEnvelope.send(request, Refusal.of(503, "server_error", "overloaded",
                "This replica is ending and takes no new requests: send it again, to another one.").retryAfter(1));
    }
}
