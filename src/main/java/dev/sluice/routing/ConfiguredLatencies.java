package dev.sluice.routing;

import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.OptionalLong;

/** Where nothing is measured, the configured latencies count. */
final class ConfiguredLatencies {

    @Produces
    @DefaultBean
    @Singleton
    Latencies nothingObserved() {
        return (model, streamed) -> OptionalLong.empty();
    }
}
