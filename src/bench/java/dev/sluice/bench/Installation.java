package dev.sluice.bench;

import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.vertx.redis.client.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** All that is measured, each in a process of its own, on loopback: provider, Redis, gateways and the plain proxy. */
final class Installation implements AutoCloseable {
    static final String ADMIN = "admin-token-of-the-benchmark";
    static final String SECRET = "sk-of-the-benchmark";
    /** Of a key that may ask once a minute. */
    static final String SPENT = "sk-of-who-has-asked-too-much";
    /** Limits are looked at for every request and never reached. */
    private static final String NEVER_REACHED = "1000000000";

    private static final Path PACKAGE = Path.of("target");
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Pattern CPU_SECONDS = Pattern.compile("used_cpu_(?:user|sys):([0-9.]+)");

    private final TestRedis redis = TestRedis.start();
    private final SharedStore store = redis.store(PATIENCE);
    private final Child upstream = Child.main("upstream", MockUpstream.class);
    private final Map<String, Child> others = new LinkedHashMap<>();
    private final Map<String, String> more;

    /** @param more configuration of all gateways */
    Installation(Map<String, String> more) {
        this.more = more;
    }

    /** The native executable, if there is one. */
    static Optional<Path> executable() {
        try (Stream<Path> files = Files.list(PACKAGE)) {
            return files.filter(file -> file.toString().endsWith("-runner") && Files.isExecutable(file)).findAny();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Started when it is asked for first. */
    Child of(Target target, boolean semantic) {
        if (target == Target.PROXY) {
            return others.computeIfAbsent("proxy",
                    name -> Child.main(name, PlainProxy.class, Integer.toString(upstream.port())));
        }
        return gateway(target, target + (semantic ? "-semantic" : ""), target.toString(), semantic);
    }

    /** So many gateways with one namespace. */
    List<Child> replicas(int count) {
        return IntStream.range(0, count).mapToObj(i -> gateway(Target.GATEWAY, "replica-" + i, "replicas", false))
                .toList();
    }

    private Child gateway(Target target, String name, String prefix, boolean semantic) {
        return others.computeIfAbsent(name, missing -> {
            Map<String, String> properties = configuration();
            properties.put("sluice.redis.key-prefix", semantic ? prefix + "-semantic" : prefix);
            properties.put("sluice.cache.semantic.enabled", Boolean.toString(semantic));
            properties.putAll(more);
            return Child.gateway(name, target == Target.NATIVE
                    ? executable().orElseThrow()
                    : PACKAGE.resolve("quarkus-app").resolve("quarkus-run.jar"), properties);
        });
    }

    TestRedis redis() {
        return redis;
    }

    /** CPU time of Redis since its start. */
    Duration redisCpu() {
        String info = store.call(Command.INFO, "cpu").await().atMost(PATIENCE).toString();
        double seconds = 0;
        for (Matcher used = CPU_SECONDS.matcher(info); used.find();) {
            seconds += Double.parseDouble(used.group(1));
        }
        return Duration.ofNanos((long) (seconds * 1e9));
    }

    /** Everything on; whether the meaning of questions is compared, too, is said by the scenario. */
    private Map<String, String> configuration() {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("quarkus.redis.hosts", redis.uri());
        // What is measured is the gateway that has a Redis: a stall of a busy machine is not to be an outage.
        properties.put("sluice.redis.timeout", "2s");
        properties.put("sluice.cache.semantic.timeout", "2s");
        properties.put("sluice.auth.admin-token", ADMIN);
        properties.put("sluice.providers.mock.type", "openai");
        properties.put("sluice.providers.mock.base-url", "http://127.0.0.1:" + upstream.port() + "/v1");
        properties.put("sluice.providers.mock.api-key", "sk-upstream");
        properties.put("sluice.providers.mock.max-concurrent", "1024");
        properties.put("sluice.models.bench.provider", "mock");
        properties.put("sluice.models.bench.input", "0.42");
        properties.put("sluice.models.bench.output", "2.10");
        properties.put("sluice.routing.baseline-model", "bench");
        properties.put("sluice.routing.tiers[0].model", "bench");
        key(properties, "bench", SECRET, NEVER_REACHED, NEVER_REACHED);
        key(properties, "spent", SPENT, "1", "1");
        return properties;
    }

    private static void key(Map<String, String> properties, String name, String secret, String perMinute,
            String burst) {
        String key = "sluice.keys." + name;
        properties.put(key + ".secret", secret);
        properties.put(key + ".requests-per-minute", perMinute);
        properties.put(key + ".burst", burst);
        properties.put(key + ".tokens-per-minute", NEVER_REACHED + "000");
        properties.put(key + ".budget-usd-per-day", "1000000");
        properties.put(key + ".budget-usd-per-month", "1000000");
    }

    @Override
    public void close() {
        others.values().forEach(Child::close);
        redis.close();
        upstream.close();
    }
}
