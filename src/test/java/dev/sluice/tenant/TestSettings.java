package dev.sluice.tenant;

import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.config.Secret;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.Auth;
import dev.sluice.config.Settings.Key;
import dev.sluice.config.Settings.Limits;
import dev.sluice.config.Settings.OnRedisFailure;
import dev.sluice.config.Settings.Routing;
import dev.sluice.config.Settings.Scorer;
import dev.sluice.config.Settings.Tenant;
import java.time.Duration;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A configuration with one bootstrap key, {@code team-a} of tenant {@code a}, and the models {@code cheap} and {@code strong}. */
public final class TestSettings {
    public static final String TEAM_A_SECRET = "sk-bootstrap";
    public static final Quota DEFAULT_QUOTA = new Quota(60, 100_000, 10, Money.ZERO, Money.ZERO);
    public static final Secret ADMIN = new Secret("admin-token");
    public static final Secret VIEWER = new Secret("viewer-token");

    private TestSettings() {
    }

    public static Settings settings() {
        return settings(new Auth(true, Optional.of(ADMIN), Optional.of(VIEWER)));
    }

    public static Settings settings(Auth auth) {
        Limits limits = new Limits(DEFAULT_QUOTA, Priority.HIGH, 2048, OnRedisFailure.OPEN, OnRedisFailure.CLOSED,
                Duration.ZERO, 2500, 8000);
        Key key = new Key("team-a", new Secret(TEAM_A_SECRET), "a", Quota.UNLIMITED, true, Priority.CRITICAL,
                Set.of("cheap"));
        Tenant tenant = new Tenant("a", ZoneId.of("Europe/Berlin"), new Money(5), new Money(7));
        Map<String, Model> models = new LinkedHashMap<>();
        List.of("cheap", "strong").forEach(name -> models.put(name, model(name)));
        Routing routing = new Routing(Set.of("auto"), Priority.LOW, Scorer.RULES, Optional.empty(), List.of());
        return new Settings(auth, null, Map.of(), models, routing, null, limits, null, Map.of("a", tenant),
                Map.of("team-a", key));
    }

    private static Model model(String name) {
        return new Model(name, "sim", name, Optional.empty(), 0, 0, List.of());
    }
}
