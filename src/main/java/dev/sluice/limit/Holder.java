package dev.sluice.limit;

import dev.sluice.Caller;
import dev.sluice.Quota;
import dev.sluice.redis.KeyNames;
import java.util.List;

/**
 * Whose quotas are decided about together, in one script.
 *
 * @param base how the names of all its keys begin, hash tag included
 * @param row name of the key in the usage row; empty: no row
 * @param zone whose calendar its budgets follow
 * @param scopes the first one's rates are what clients are told
 */
record Holder(String base, String row, TenantZone zone, List<Scope> scopes) {

    static Holder caller(KeyNames keys, Caller caller, Quota tenant, TenantZone zone) {
        return new Holder(keys.tenant(caller.tenant(), ""), caller.key(), zone,
                List.of(new Scope("key:" + caller.key(), caller.quota()), new Scope("tenant", tenant)));
    }

    static Holder provider(KeyNames keys, String name, Quota quota) {
        return new Holder(keys.provider(name, ""), "", TenantZone.UTC, List.of(new Scope("provider", quota)));
    }

    String leaseKey(String id) {
        return base + "limit:lease:" + id;
    }

    String leasesKey() {
        return base + "limit:leases";
    }

    String scopeKey(Scope scope) {
        return base + "limit:" + scope.name();
    }

    boolean unlimited() {
        for (int i = 0; i < scopes.size(); i++) {
            if (!scopes.get(i).unlimited()) {
                return false;
            }
        }
        return true;
    }

    boolean hasBudget() {
        for (int i = 0; i < scopes.size(); i++) {
            if (scopes.get(i).quota().hasBudget()) {
                return true;
            }
        }
        return false;
    }

    boolean limitsTokens() {
        for (int i = 0; i < scopes.size(); i++) {
            if (scopes.get(i).limitsTokens()) {
                return true;
            }
        }
        return false;
    }
}
