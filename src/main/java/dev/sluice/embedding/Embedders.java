package dev.sluice.embedding;

import dev.sluice.config.Settings;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Optional;

/** The embedder that is configured, and its end. */
@Singleton
public final class Embedders {
    private final Optional<Embedder> chosen;

    Embedders(Settings settings, Vertx vertx) {
        chosen = of(settings.cache().semantic(), vertx).map(MemoisedEmbedder::new);
    }

    private static Optional<Embedder> of(Settings.Semantic settings, Vertx vertx) {
        return switch (settings.embedder()) {
            case ONNX -> Optional.of(new OnnxEmbedder());
            case HTTP -> settings.http().map(server -> new HttpEmbedder(vertx, server));
            case NONE -> Optional.empty();
        };
    }

    /** Empty: there are no vectors. */
    public Optional<Embedder> chosen() {
        return chosen;
    }

    void stop(@Observes ShutdownEvent stop) {
        chosen.ifPresent(Embedder::close);
    }
}
