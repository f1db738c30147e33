package dev.sluice.it;

import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.LinkedHashMap;
import java.util.Map;

/** What surrounds the gateway in the integration tests: a real Redis, and a provider on loopback. */
public final class World implements QuarkusTestResourceLifecycleManager {
    static final String ADMIN = "admin-token-of-the-tests";
    static final String VIEWER = "viewer-token-of-the-tests";

    private static TestRedis redis;
    private static MockProvider provider;

    static TestRedis redis() {
        return redis;
    }

    static MockProvider provider() {
        return provider;
    }

    @Override
    public Map<String, String> start() {
        redis = TestRedis.start();
        provider = MockProvider.start();
        Map<String, String> properties = properties(redis, provider);
        properties.put("quarkus.http.test-port", "0");
        return properties;
    }

    /** The configuration of a gateway that uses this Redis and this provider. */
    static Map<String, String> properties(TestRedis redis, MockProvider provider) {
        return properties(Map.of("quarkus.redis.hosts", redis.uri()), provider);
    }

    static Map<String, String> properties(Map<String, String> whereRedisIs, MockProvider provider) {
        Map<String, String> properties = new LinkedHashMap<>(whereRedisIs);
        properties.put("sluice.redis.timeout", "10s"); // machines that test are busy; the outage tests take the default
        properties.put("sluice.cache.semantic.timeout", "10s"); // the same
        properties.put("sluice.auth.admin-token", ADMIN);
        properties.put("sluice.auth.viewer-token", VIEWER);
        properties.put("sluice.providers.mock.base-url", provider.baseUrl().toString());
        properties.put("sluice.providers.mock.api-key", "sk-upstream");
        properties.put("sluice.providers.mock.timeout", "2s");
        properties.put("sluice.providers.mock.retry.base-delay", "10ms");
        properties.put("sluice.providers.mock.retry.max-delay", "2s");
        properties.put("sluice.providers.mock.breaker.request-volume", "1000");
        properties.put("sluice.providers.down.base-url", "http://127.0.0.1:1/v1");
        properties.put("sluice.providers.down.retry.max-attempts", "1");
        properties.put("sluice.providers.down.breaker.request-volume", "4");
        properties.put("sluice.providers.anthropic.type", "anthropic");
        properties.put("sluice.providers.anthropic.base-url", provider.baseUrl().toString());
        properties.put("sluice.providers.anthropic.api-key", "sk-ant-upstream");
        properties.put("sluice.providers.anthropic.retry.base-delay", "10ms");
        model(properties, "claude", "anthropic", "3", "15");
        properties.put("sluice.models.claude.upstream-name", "claude-upstream");
        model(properties, "cheap", "mock", "0.42", "2.10");
        properties.put("sluice.models.cheap.upstream-name", "cheap-upstream");
        model(properties, "strong", "mock", "15", "75");
        model(properties, "falling", "down", "1", "2");
        properties.put("sluice.models.falling.fallbacks", "cheap");
        model(properties, "dead", "down", "1", "2");
        properties.put("sluice.providers.sim.type", "simulated");
        properties.put("sluice.providers.sim.latency", "0s");
        model(properties, "simulated", "sim", "1", "2");
        model(properties, "embedder", "mock", "0.02", "0");
        properties.put("sluice.models.cheap.cached-input", "0.07");
        properties.put("sluice.routing.baseline-model", "strong");
        properties.put("sluice.routing.tiers[0].model", "strong");
        properties.put("sluice.routing.tiers[0].priority", "critical");
        properties.put("sluice.routing.tiers[0].above", "0.6");
        properties.put("sluice.routing.tiers[1].model", "cheap");
        key(properties, "team-a", "a");
        key(properties, "team-b", "b");
        key(properties, "small", "c");
        properties.put("sluice.keys.small.requests-per-minute", "60");
        properties.put("sluice.keys.small.burst", "10");
        key(properties, "cheap-only", "d");
        properties.put("sluice.keys.cheap-only.models", "cheap");
        return properties;
    }

    private static void model(Map<String, String> properties, String name, String provider, String input,
            String output) {
        properties.put("sluice.models." + name + ".provider", provider);
        properties.put("sluice.models." + name + ".input", input);
        properties.put("sluice.models." + name + ".output", output);
    }

    private static void key(Map<String, String> properties, String name, String tenant) {
        properties.put("sluice.keys." + name + ".secret", secret(name));
        properties.put("sluice.keys." + name + ".tenant", tenant);
        properties.put("sluice.keys." + name + ".requests-per-minute", "0");
        properties.put("sluice.keys." + name + ".tokens-per-minute", "0");
    }

    static String secret(String key) {
        return "sk-secret-of-" + key;
    }

    @Override
    public void stop() {
        if (provider != null) {
            provider.close();
        }
        if (redis != null) {
            redis.close();
        }
    }
}
