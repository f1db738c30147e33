package dev.sluice.limit;

import dev.sluice.Caller;
import dev.sluice.Quota;
import dev.sluice.config.Settings;
import dev.sluice.redis.KeyNames;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The holders of quotas: callers with their tenants, and providers. */
final class Holders {
    private static final String UNNAMED = "";

    private final KeyNames keys;
    private final Map<String, Quota> tenantQuotas = new HashMap<>();
    private final Map<String, TenantZone> zones = new HashMap<>();
    private final TenantZone utc;
    private final Map<String, Holder> providers = new HashMap<>();
    private final Map<String, Holder> callers = new ConcurrentHashMap<>();

    Holders(Settings settings, KeyNames keys, Clock clock) {
        this.keys = keys;
        this.utc = new TenantZone(ZoneOffset.UTC, clock);
        settings.tenants().values().forEach(tenant -> {
            tenantQuotas.put(tenant.name(), new Quota(0, 0, 0, tenant.budgetPerDay(), tenant.budgetPerMonth()));
            zones.put(tenant.name(), new TenantZone(tenant.timeZone(), clock));
        });
        settings.providers().values().forEach(provider -> {
            if (provider instanceof Settings.Provider.Remote limited
                    && (limited.requestsPerMinute() > 0 || limited.tokensPerMinute() > 0)) {
                providers.put(limited.name(), provider(limited));
            }
        });
    }

    /** A provider's request bucket holds what it allows in a minute, as its token bucket does. */
    private Holder provider(Settings.Provider.Remote provider) {
        Quota quota = new Quota(provider.requestsPerMinute(), provider.tokensPerMinute(), provider.requestsPerMinute(),
                dev.sluice.Money.ZERO, dev.sluice.Money.ZERO);
        return new Holder(keys.provider(provider.name(), ""), UNNAMED, utc, List.of(new Scope("provider", quota)));
    }

    /** A new one when the caller's limits have changed, so that nothing is remembered about the old ones. */
    Holder caller(Caller caller) {
        String name = caller.tenant() + '|' + caller.key();
        Holder known = callers.get(name);
        if (known != null && known.quota().equals(caller.quota())) {
            return known;
        }
        Holder holder = new Holder(keys.tenant(caller.tenant(), ""), caller.key(), zone(caller.tenant()),
                List.of(new Scope("key:" + caller.key(), caller.quota()),
                        new Scope("tenant", tenantQuotas.getOrDefault(caller.tenant(), Quota.UNLIMITED))));
        callers.put(name, holder);
        return holder;
    }

    /** By name of the provider; only those that we limit. */
    Map<String, Holder> providers() {
        return providers;
    }

    /** For what concerns all keys of a tenant. */
    Holder tenant(String name) {
        return new Holder(keys.tenant(name, ""), UNNAMED, zone(name), List.of());
    }

    private TenantZone zone(String tenant) {
        return zones.getOrDefault(tenant, utc);
    }
}
