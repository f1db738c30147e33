package dev.sluice.config;

import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.config.Settings.Auth;
import dev.sluice.config.Settings.Batch;
import dev.sluice.config.Settings.Cache;
import dev.sluice.config.Settings.EmbeddingServer;
import dev.sluice.config.Settings.Key;
import dev.sluice.config.Settings.Limits;
import dev.sluice.config.Settings.OnRedisFailure;
import dev.sluice.config.Settings.Provider;
import dev.sluice.config.Settings.Redis;
import dev.sluice.config.Settings.Routing;
import dev.sluice.config.Settings.Scope;
import dev.sluice.config.Settings.Semantic;
import dev.sluice.config.Settings.Tenant;
import io.smallrye.config.SmallRyeConfig;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads and checks the configuration. It is read by hand and not mapped onto an interface, because a mapping stops at its
 * first kind of fault, and whoever deploys wants to see all of them at once.
 */
public final class SettingsReader {
    private static final String DEFAULT_TENANT = "default";
    private static final String ALL = "*";
    private static final String LOCATIONS = "quarkus.config.locations";
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|::1|\\[::1]");
    private static final Pattern REDIS_ADDRESSES = Pattern.compile("rediss?://\\S+");

    private static final List<String> EMBEDDING_SERVER_NEEDS = List.of("base-url", "model", "dimensions");
    private static final List<String> EMBEDDING_SERVER = List.of("base-url", "model", "dimensions", "api-key",
            "auth-header", "timeout");
    private static final int SEALING_LENGTH = 16;
    private static final int LONGEST_TEXT = 16_000;
    private static final int MOST_DIMENSIONS = 8_192;

    private final Faults faults = new Faults();
    private final List<String> warnings;
    private final Map<Secret, String> owners = new HashMap<>();
    private final Section root;

    private SettingsReader(SmallRyeConfig config, List<String> warnings) {
        this.warnings = warnings;
        Map<String, Set<String>> shipped = Map.of(Keys.ROOT + ".models", ShippedModels.MODELS.keySet());
        root = new Section(new Values(config, shipped, faults), faults, Keys.ROOT);
    }

    /** @throws InvalidSettings with every fault that was found */
    public static Settings read(SmallRyeConfig config) {
        return read(config, new ArrayList<>());
    }

    /**
     * @param warnings takes a sentence each on what works but may not be meant
     * @throws InvalidSettings with every fault that was found
     */
    static Settings read(SmallRyeConfig config, List<String> warnings) {
        SettingsReader reader = new SettingsReader(config, warnings);
        Settings settings = reader.settings();
        reader.requireFiles(config);
        reader.requireRedis(config, settings);
        reader.requireSafeExposure(config, settings);
        if (!reader.faults.lines().isEmpty()) {
            throw new InvalidSettings(reader.faults.lines());
        }
        return settings;
    }

    private Settings settings() {
        Auth auth = auth(root.section("auth"));
        Redis redis = redis(root.section("redis"));
        Map<String, Provider> providers = new ProviderReader(root.section("providers"), warnings).read();
        Map<String, Model> models = new ModelReader(root, faults, providers).models();
        Limits limits = limits(root.section("limits"));
        Routing routing = new RoutingReader(root.section("routing"), models, warnings).read(limits);
        Cache cache = cache(root.section("cache"));
        Batch batch = new Batch(root.section("batch").count("max-concurrent", 10, 1));
        Map<String, Tenant> tenants = tenants(root.section("tenants"));
        Set<String> names = new LinkedHashSet<>(models.keySet());
        names.addAll(routing.autoNames());
        Map<String, Key> keys = keys(root.section("keys"), limits, names);
        if (auth.enabled() && keys.isEmpty() && auth.adminToken().isEmpty()) {
            warnings.add(
                    "sluice.keys is empty and sluice.auth.admin-token is not set: only keys kept in Redis are let in");
        }
        return new Settings(auth, redis, providers, models, routing, cache, limits, batch, tenants, keys);
    }

    private Auth auth(Section section) {
        Optional<Secret> admin = unshared(section, "admin-token");
        Optional<Secret> viewer = unshared(section, "viewer-token");
        if (viewer.isPresent() && admin.isEmpty()) {
            warnings.add(
                    section.key("viewer-token") + " is set without admin-token: there are no admin endpoints to view");
        }
        return new Auth(section.flag("enabled", true), admin, viewer);
    }

    /** A secret that stands for nothing else: whoever has one must not have the other. */
    private Optional<Secret> unshared(Section section, String name) {
        Optional<Secret> secret = section.secret(name);
        secret.map(s -> owners.putIfAbsent(s, section.key(name)))
                .ifPresent(owner -> section.fault(name, "is the same as " + owner + ": expected a secret of its own"));
        return secret;
    }

    private Redis redis(Section section) {
        Optional<String> cacheHosts = section.text("cache-hosts");
        if (cacheHosts.isPresent() && !REDIS_ADDRESSES.matcher(cacheHosts.get()).matches()) {
            section.fault("cache-hosts", "expected redis:// or rediss:// addresses, separated by commas");
        }
        return new Redis(section.name("key-prefix", Section.NAME, "sluice"),
                section.positive("timeout", Duration.ofMillis(100)), section.flag("embedded", false),
                cacheHosts, section.positive("upstream-ids-ttl", Duration.ofDays(30)));
    }

    private Cache cache(Section section) {
        return new Cache(section.flag("enabled", true), section.positive("ttl", Duration.ofHours(2)),
                section.count("max-entries", 10_000, 1), section.bytes("max-entry-bytes", 1 << 20),
                section.choice("scope", Scope.class, Scope.TENANT),
                section.notNegative("max-wait", Duration.ofMinutes(2)), maxTemperature(section),
                sealing(section, "hmac-secret"), sealing(section, "hmac-secret-previous"),
                semantic(section.section("semantic")));
    }

    private static OptionalDouble maxTemperature(Section section) {
        return section.decimal("max-temperature").map(limit -> OptionalDouble.of(limit.doubleValue()))
                .orElse(OptionalDouble.empty());
    }

    /** A secret that can be guessed seals nothing. */
    private static Optional<Secret> sealing(Section section, String name) {
        Optional<Secret> secret = section.secret(name);
        if (secret.isPresent() && secret.get().value().length() < SEALING_LENGTH) {
            section.fault(name, "is too short: expected at least " + SEALING_LENGTH + " characters");
        }
        if (secret.isPresent() && name.endsWith("-previous") && !section.has("hmac-secret")) {
            section.fault(name, "is set without hmac-secret");
        }
        return secret;
    }

    private Semantic semantic(Section section) {
        Settings.EmbedderKind embedder = section.choice("embedder", Settings.EmbedderKind.class,
                Settings.EmbedderKind.ONNX);
        return new Semantic(section.flag("enabled", true), section.fraction("threshold").orElse(0.92),
                section.choice("verify", Settings.Verify.class, Settings.Verify.BALANCED),
                section.count("max-entries", 10_000, 1),
                embedder, section.choice("index", Settings.IndexKind.class, Settings.IndexKind.AUTO),
                section.count("max-text-length", 1_000, 1, LONGEST_TEXT),
                section.positive("timeout", Duration.ofMillis(200)),
                embeddingServer(section.section("http"), embedder == Settings.EmbedderKind.HTTP));
    }

    private Optional<EmbeddingServer> embeddingServer(Section section, boolean wanted) {
        if (!wanted) {
            EMBEDDING_SERVER.stream().filter(section::has).forEach(
                    member -> section.fault(member, "has no effect: cache.semantic.embedder is not http"));
            return Optional.empty();
        }
        EMBEDDING_SERVER_NEEDS.stream().filter(member -> !section.has(member))
                .forEach(member -> section.fault(member, "is missing: the embedder http needs it"));
        Optional<URI> baseUrl = section.url("base-url");
        return Optional.of(new EmbeddingServer(baseUrl.orElse(null),
                section.name("model", Section.MODEL_NAME, ""), section.count("dimensions", 1, 1, MOST_DIMENSIONS),
                section.secret("api-key"), section.name("auth-header", Section.HEADER_NAME, "Authorization"),
                section.positive("timeout", Duration.ofSeconds(2))));
    }

    private Limits limits(Section section) {
        Section standard = section.section("default");
        Quota quota = quota(standard, new Quota(60, 100_000, 10, Money.ZERO, Money.ZERO));
        return new Limits(quota, standard.choice("max-priority", Priority.class, Priority.CRITICAL),
                section.whole("default-max-tokens", 2048, 1),
                section.choice("on-redis-failure", OnRedisFailure.class, OnRedisFailure.OPEN),
                section.choice("budget-on-redis-failure", OnRedisFailure.class, OnRedisFailure.CLOSED),
                section.notNegative("max-wait", Duration.ZERO),
                section.whole("image-tokens", 2500, 0), section.whole("audio-tokens", 8000, 0));
    }

    private Quota quota(Section section, Quota standard) {
        long requests = section.whole("requests-per-minute", standard.requestsPerMinute(), 0);
        long tokens = section.whole("tokens-per-minute", standard.tokensPerMinute(), 0);
        long burst = section.whole("burst", standard.burst(), 0);
        if (requests > 0 && burst < 1) {
            section.fault("burst", Long.toString(burst), "at least 1 where requests-per-minute is limited", null);
        }
        return new Quota(requests, tokens, burst, section.money("budget-usd-per-day", standard.budgetPerDay()),
                section.money("budget-usd-per-month", standard.budgetPerMonth()));
    }

    private Map<String, Tenant> tenants(Section section) {
        Map<String, Tenant> tenants = new LinkedHashMap<>();
        section.children(Section.NAME).forEach((name, tenant) -> tenants.put(name, new Tenant(name, zone(tenant),
                tenant.money("budget-usd-per-day", Money.ZERO), tenant.money("budget-usd-per-month", Money.ZERO))));
        return tenants;
    }

    private ZoneId zone(Section section) {
        return section.text("time-zone").map(text -> {
            try {
                return ZoneId.of(text);
            } catch (DateTimeException e) {
                return section.<ZoneId>fault("time-zone", text, "a time zone such as UTC or Europe/Berlin",
                        ZoneOffset.UTC);
            }
        }).orElse(ZoneOffset.UTC);
    }

    private Map<String, Key> keys(Section section, Limits limits, Set<String> models) {
        Map<String, Key> keys = new LinkedHashMap<>();
        section.children(Section.NAME).forEach((name, key) -> {
            Optional<Secret> secret = unshared(key, "secret");
            if (secret.isEmpty()) {
                key.fault("secret", "is missing: expected what clients send as Authorization: Bearer …");
            }
            keys.put(name,
                    new Key(name, secret.orElse(new Secret("")), key.name("tenant", Section.NAME, DEFAULT_TENANT),
                            quota(key, limits.defaultQuota()), key.flag("clamp", false),
                            key.choice("max-priority", Priority.class, limits.defaultMaxPriority()),
                            granted(key, models)));
        });
        return keys;
    }

    private static Set<String> granted(Section key, Set<String> models) {
        List<String> granted = key.texts("models");
        granted.stream().filter(model -> !model.equals(ALL) && !models.contains(model)).forEach(model -> key.fault(
                "models", model, "* or some of " + String.join(", ", models), null));
        return granted.isEmpty() ? Set.of(ALL) : new LinkedHashSet<>(granted);
    }

    /** Quarkus leaves out without a word what it cannot find. */
    private void requireFiles(SmallRyeConfig config) {
        for (String location : config.getOptionalValue(LOCATIONS, String.class).orElse("").split(",")) {
            String path = location.strip().replaceFirst("^file:(//(?=/))?", "");
            boolean elsewhere = path.isEmpty() || path.matches("[A-Za-z][A-Za-z0-9+.-]*:.*");
            if (!elsewhere && !Files.exists(Path.of(path))) {
                faults.add(LOCATIONS, path, "a file that exists");
            } else if (!elsewhere && Files.isRegularFile(Path.of(path)) && !path.matches(".*\\.(ya?ml|properties)")) {
                faults.add(LOCATIONS, path, "a file that ends in .yaml, .yml or .properties");
            }
        }
    }

    /** Without an address there is nothing to share; an address that does not answer is no fault of the configuration. */
    private void requireRedis(SmallRyeConfig config, Settings settings) {
        boolean address = config.getOptionalValue("quarkus.redis.hosts", String.class).filter(a -> !a.isBlank())
                .isPresent();
        if (!address && !settings.redis().embedded()) {
            faults.add("quarkus.redis.hosts", "is missing: expected the address of a Redis server, such as"
                    + " redis://redis:6379, or sluice.redis.embedded=true for one that is started along");
        }
    }

    /** Without authentication only this machine may ask. */
    private void requireSafeExposure(SmallRyeConfig config, Settings settings) {
        String host = config.getOptionalValue("quarkus.http.host", String.class).orElse("0.0.0.0");
        if (!settings.auth().enabled() && !LOOPBACK.matcher(host).matches()) {
            faults.add("sluice.auth.enabled", "false",
                    "true, or quarkus.http.host=127.0.0.1: without authentication only"
                            + " this machine may ask, but quarkus.http.host is " + host);
        }
    }
}
