package dev.sluice.config;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Tells whoever runs {@code ./mvnw quarkus:dev} for the first time what to try. */
@Singleton
@IfBuildProfile("dev")
final class DevHint {
    private static final Logger LOG = Logger.getLogger("sluice");

    private final HttpServer server;

    DevHint(HttpServer server) {
        this.server = server;
    }

    void listening(@ObservesAsync HttpServerStart start) {
        LOG.info("Ask it something, twice (the second answer costs nothing):\n\n  curl -i http://localhost:"
                + server.getPort()
                + "/v1/chat/completions -H 'Content-Type: application/json'"
                + " -d '{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"What is a sluice?\"}]}'\n");
    }
}
