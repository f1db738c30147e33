package dev.sluice.it;

import dev.sluice.redis.TestRedis;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.LinkedHashMap;
import java.util.Map;

/** What surrounds the gateway in the tests with clients of others: a real Redis, and providers of both kinds. */
public final class ClientsWorld implements QuarkusTestResourceLifecycleManager {
    private static TestRedis redis;
    private static SpeakingProvider provider;

    @Override
    public Map<String, String> start() {
        redis = TestRedis.start();
        provider = SpeakingProvider.start();
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("quarkus.redis.hosts", redis.uri());
        properties.put("quarkus.http.test-port", "0");
        properties.put("sluice.redis.timeout", "10s");
        properties.put("sluice.cache.semantic.enabled", "false");
        properties.put("sluice.providers.openai.base-url", provider.baseUrl());
        properties.put("sluice.providers.openai.api-key", "sk-upstream");
        properties.put("sluice.providers.anthropic.type", "anthropic");
        properties.put("sluice.providers.anthropic.base-url", provider.baseUrl());
        properties.put("sluice.providers.anthropic.api-key", "sk-upstream");
        model(properties, "gpt", "openai");
        model(properties, "embedder", "openai");
        model(properties, "claude", "anthropic");
        key(properties, "team-a", "0");
        key(properties, "small", "60");
        properties.put("sluice.keys.small.burst", "1");
        return properties;
    }

    private static void model(Map<String, String> properties, String name, String provider) {
        properties.put("sluice.models." + name + ".provider", provider);
        properties.put("sluice.models." + name + ".upstream-name", name + "-upstream");
        properties.put("sluice.models." + name + ".input", "1");
        properties.put("sluice.models." + name + ".output", "2");
    }

    private static void key(Map<String, String> properties, String name, String requestsPerMinute) {
        properties.put("sluice.keys." + name + ".secret", World.secret(name));
        properties.put("sluice.keys." + name + ".requests-per-minute", requestsPerMinute);
        properties.put("sluice.keys." + name + ".tokens-per-minute", "0");
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
