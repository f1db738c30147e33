package dev.sluice.config;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;

/** Reads the configuration once, at the start, and refuses the start when it cannot be used. */
@Singleton
final class SettingsProducer {
    private static final Logger LOG = Logger.getLogger(SettingsProducer.class);
    private static final int BEFORE_EVERYTHING = 1;

    private final List<String> warnings = new ArrayList<>();
    private final Settings settings;

    SettingsProducer(Config config) {
        try {
            settings = SettingsReader.read(config.unwrap(SmallRyeConfig.class), warnings);
        } catch (InvalidSettings e) {
            throw new ConfigurationException(e.getMessage());
        }
    }

    void start(@Observes @Priority(BEFORE_EVERYTHING) StartupEvent start) {
        warnings.forEach(LOG::warn);
    }

    @Produces
    @Singleton
    Settings settings() {
        return settings;
    }
}
