package dev.sluice.bench;

import dev.sluice.redis.TestRedis;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** All that is measured, each in a process of its own, on loopback: provider, Redis, gateway and the plain proxy. */
final class Installation implements AutoCloseable {
    static final String SECRET = "sk-of-the-benchmark";
    /** Limits are looked at for every request and never reached. */
    private static final String NEVER_REACHED = "1000000000";

    private final Child upstream;
    private final TestRedis redis;
    private final Child proxy;
    private final Child gateway;

    Installation() {
        redis = TestRedis.start();
        upstream = Child.main("upstream", MockUpstream.class);
        proxy = Child.main("proxy", PlainProxy.class, Integer.toString(upstream.port()));
        gateway = Child.jar("gateway", Path.of("target", "quarkus-app", "quarkus-run.jar"), configuration());
    }

    Child of(Target target) {
        return switch (target) {
            case DIRECT -> upstream;
            case PROXY -> proxy;
            case GATEWAY -> gateway;
        };
    }

    /** Everything on but the semantic cache, whose cost is that of an embedding and not of the gateway. */
    private Map<String, String> configuration() {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("quarkus.redis.hosts", redis.uri());
        properties.put("sluice.providers.mock.type", "openai");
        properties.put("sluice.providers.mock.base-url", "http://127.0.0.1:" + upstream.port() + "/v1");
        properties.put("sluice.providers.mock.api-key", "sk-upstream");
        properties.put("sluice.providers.mock.max-concurrent", "1024");
        properties.put("sluice.models.bench.provider", "mock");
        properties.put("sluice.models.bench.input", "0.42");
        properties.put("sluice.models.bench.output", "2.10");
        properties.put("sluice.routing.baseline-model", "bench");
        properties.put("sluice.routing.tiers[0].model", "bench");
        properties.put("sluice.cache.semantic.enabled", "false");
        properties.put("sluice.keys.bench.secret", SECRET);
        properties.put("sluice.keys.bench.requests-per-minute", NEVER_REACHED);
        properties.put("sluice.keys.bench.burst", NEVER_REACHED);
        properties.put("sluice.keys.bench.tokens-per-minute", NEVER_REACHED + "000");
        properties.put("sluice.keys.bench.budget-usd-per-day", "1000000");
        properties.put("sluice.keys.bench.budget-usd-per-month", "1000000");
        return properties;
    }

    @Override
    public void close() {
        gateway.close();
        proxy.close();
        redis.close();
        upstream.close();
    }
}
