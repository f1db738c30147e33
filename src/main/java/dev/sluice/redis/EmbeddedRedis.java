package dev.sluice.redis;

import dev.sluice.config.Settings;
import io.quarkus.redis.client.RedisHostsProvider;
import io.quarkus.runtime.ImageMode;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;
import redis.embedded.RedisExecProvider;

/**
 * The Redis server that {@code sluice.redis.embedded=true} starts along, on a loopback port that is free. It holds
 * nothing beyond the life of the gateway. Nobody asks for it where {@code quarkus.redis.hosts} has an address.
 */
@Singleton
@Identifier(EmbeddedRedis.NAME)
final class EmbeddedRedis implements RedisHostsProvider {
    static final String NAME = "sluice-redis";
    private static final Logger LOG = Logger.getLogger(EmbeddedRedis.class);

    private static final Duration GRACE = Duration.ofSeconds(10);

    private final Settings settings;
    private RedisProcess process;

    EmbeddedRedis(Settings settings) {
        this.settings = settings;
    }

    @Override
    public synchronized Set<URI> getHosts() {
        if (!settings.redis().embedded()) {
            throw new ConfigurationException("quarkus.redis.hosts is missing: expected the address of a Redis server.");
        }
        if (ImageMode.current() == ImageMode.NATIVE_RUN) {
            throw new ConfigurationException("sluice.redis.embedded=true works on the JVM only: this native executable"
                    + " needs the address of a Redis server in quarkus.redis.hosts.");
        }
        if (process == null) {
            try {
                process = RedisProcess.start(RedisExecProvider.defaultProvider().get().toPath(),
                        RedisProcess.freePort(), List.of(), GRACE);
            } catch (IOException | IllegalArgumentException e) {
                throw new ConfigurationException("There is no embedded Redis for this machine (" + e.getMessage()
                        + "): quarkus.redis.hosts needs the address of a Redis server.", e);
            }
            LOG.infof("An embedded Redis server listens on 127.0.0.1:%d; what it holds ends with this process.",
                    process.port());
        }
        return Set.of(URI.create("redis://127.0.0.1:" + process.port()));
    }

    @PreDestroy
    synchronized void stop() {
        if (process != null) {
            process.stop();
        }
    }
}
