package dev.sluice.config;

import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.config.Settings.Auth;
import dev.sluice.config.Settings.Cache;
import dev.sluice.config.Settings.Key;
import dev.sluice.config.Settings.Limits;
import dev.sluice.config.Settings.OnRedisFailure;
import dev.sluice.config.Settings.Provider;
import dev.sluice.config.Settings.Redis;
import dev.sluice.config.Settings.Scope;
import dev.sluice.config.Settings.Semantic;
import dev.sluice.config.Settings.Tenant;
import io.smallrye.config.SmallRyeConfig;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads and checks the configuration. It is read by hand and not mapped onto an interface, because a mapping stops at its
 * first kind of fault, and whoever deploys wants to see all of them at once.
 */
public final class SettingsReader {
    private static final Pattern KEY_PREFIX = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern REDIS_ADDRESSES = Pattern.compile("rediss?://\\S+");

    private final Faults faults = new Faults();
    private final Section root;

    private SettingsReader(SmallRyeConfig config) {
        Map<String, Set<String>> shipped = Map.of(Keys.ROOT + ".models", ShippedModels.MODELS.keySet());
        root = new Section(new Values(config, shipped, faults), faults, Keys.ROOT);
    }

    /** @throws InvalidSettings with every fault that was found */
    public static Settings read(SmallRyeConfig config) {
        SettingsReader reader = new SettingsReader(config);
        Settings settings = reader.settings();
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
        Map<String, Provider> providers = new ProviderReader(root.section("providers")).read();
        ModelReader models = new ModelReader(root, faults, providers);
        Cache cache = cache(root.section("cache"));
        Limits limits = limits(root.section("limits"));
        Map<String, Tenant> tenants = tenants(root.section("tenants"));
        Map<String, Key> keys = keys(root.section("keys"), limits);
        return new Settings(auth, redis, providers, models.models(), models.routing(), cache, limits, tenants, keys);
    }

    private Auth auth(Section section) {
        Optional<Secret> admin = section.secret("admin-token");
        Optional<Secret> viewer = section.secret("viewer-token");
        if (viewer.isPresent() && viewer.equals(admin)) {
            section.fault("viewer-token", "must differ from the admin token");
        }
        return new Auth(section.flag("enabled", true), admin, viewer);
    }

    private Redis redis(Section section) {
        String prefix = section.text("key-prefix").orElse("sluice");
        if (!KEY_PREFIX.matcher(prefix).matches()) {
            section.fault("key-prefix", prefix, "1 to 64 letters, digits, dots, dashes or underscores", null);
        }
        Optional<String> cacheHosts = section.text("cache-hosts");
        if (cacheHosts.isPresent() && !REDIS_ADDRESSES.matcher(cacheHosts.get()).matches()) {
            section.fault("cache-hosts", "expected redis:// or rediss:// addresses, separated by commas");
        }
        return new Redis(prefix, section.positive("timeout", Duration.ofMillis(100)), section.flag("embedded", false),
                cacheHosts);
    }

    private Cache cache(Section section) {
        return new Cache(section.flag("enabled", true), section.positive("ttl", Duration.ofHours(2)),
                section.count("max-entries", 10_000, 1), section.bytes("max-entry-bytes", 1 << 20),
                section.choice("scope", Scope.class, Scope.TENANT), semantic(section.section("semantic")));
    }

    private Semantic semantic(Section section) {
        return new Semantic(section.flag("enabled", true), section.fraction("threshold").orElse(0.92),
                section.choice("verify", Settings.Verify.class, Settings.Verify.BALANCED),
                section.count("max-entries", 10_000, 1),
                section.choice("embedder", Settings.EmbedderKind.class, Settings.EmbedderKind.ONNX),
                section.choice("index", Settings.IndexKind.class, Settings.IndexKind.AUTO));
    }

    private Limits limits(Section section) {
        Section standard = section.section("default");
        Quota quota = quota(standard, new Quota(60, 100_000, 10, Money.ZERO, Money.ZERO));
        return new Limits(quota, standard.choice("max-priority", Priority.class, Priority.CRITICAL),
                section.whole("default-max-tokens", 2048, 1),
                section.choice("on-redis-failure", OnRedisFailure.class, OnRedisFailure.OPEN),
                section.choice("budget-on-redis-failure", OnRedisFailure.class, OnRedisFailure.CLOSED),
                section.notNegative("max-wait", Duration.ZERO));
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

    private Map<String, Key> keys(Section section, Limits limits) {
        Map<String, Key> keys = new LinkedHashMap<>();
        Map<Secret, String> owners = new HashMap<>();
        section.children(Section.NAME).forEach((name, key) -> {
            Optional<Secret> secret = key.secret("secret");
            if (secret.isEmpty()) {
                key.fault("secret", "is missing");
            } else if (owners.putIfAbsent(secret.get(), name) != null) {
                key.fault("secret", "is the same as that of the key " + owners.get(secret.get()));
            }
            String tenant = key.text("tenant").orElse("default");
            if (!Section.NAME.matcher(tenant).matches()) {
                key.fault("tenant", tenant, "1 to 64 letters, digits, dots, dashes or underscores", null);
            }
            keys.put(name, new Key(name, secret.orElse(new Secret("")), tenant, quota(key, limits.defaultQuota()),
                    key.flag("clamp", false), key.choice("max-priority", Priority.class, limits.defaultMaxPriority()),
                    granted(key)));
        });
        return keys;
    }

    private static Set<String> granted(Section key) {
        List<String> models = key.texts("models");
        return models.isEmpty() ? Set.of("*") : new LinkedHashSet<>(models);
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
        if (!settings.auth().enabled() && !Set.of("localhost", "127.0.0.1", "::1", "[::1]").contains(host)) {
            faults.add("sluice.auth.enabled", "false",
                    "true, or quarkus.http.host=127.0.0.1: without authentication only"
                            + " this machine may ask, but quarkus.http.host is " + host);
        }
    }

    /** Lines for the log about what was left out, once the configuration is valid. */
    static List<String> warnings(Settings settings) {
        return ModelReader.warnings(settings);
    }
}
