package dev.sluice.tenant;

import dev.sluice.Money;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.Tenant;
import jakarta.inject.Singleton;
import java.time.ZoneOffset;
import java.util.Map;

/** Tenants by their names. A key may name one that is not configured: it counts in UTC and has no budget of its own. */
@Singleton
public final class Tenants {
    private final Map<String, Tenant> configured;

    public Tenants(Settings settings) {
        this.configured = settings.tenants();
    }

    public Tenant of(String name) {
        Tenant tenant = configured.get(name);
        return tenant != null ? tenant : new Tenant(name, ZoneOffset.UTC, Money.ZERO, Money.ZERO);
    }
}
