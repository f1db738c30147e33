package dev.sluice.limit;

import dev.sluice.Quota;
import java.util.List;

/** Whose quotas are decided about together, in one script; kept from request to request. */
final class Holder {
    private final String base;
    private final String row;
    private final TenantZone zone;
    private final List<Scope> scopes;
    private final String leasesKey;
    private final List<String> scopeKeys;
    private final String scopeNames;
    private final boolean unlimited;
    private final boolean limitsTokens;
    private final long smallestBudget;
    private final RefusalMemory memory = new RefusalMemory();
    private final Settlements settlements = new Settlements();

    /**
     * @param base how the names of all its keys begin, hash tag included
     * @param row name of the key in the usage row; empty: no row
     * @param zone whose calendar its budgets follow
     * @param scopes the first one's rates are what clients are told
     */
    Holder(String base, String row, TenantZone zone, List<Scope> scopes) {
        this.base = base;
        this.row = row;
        this.zone = zone;
        this.scopes = scopes;
        this.leasesKey = base + "limit:leases";
        this.scopeKeys = scopes.stream().map(scope -> base + "limit:" + scope.name()).toList();
        this.scopeNames = String.join(" ", scopes.stream().map(Scope::name).toList());
        this.unlimited = scopes.stream().allMatch(Scope::unlimited);
        this.limitsTokens = scopes.stream().anyMatch(scope -> scope.quota().tokensPerMinute() > 0);
        this.smallestBudget = scopes.stream().map(Scope::quota)
                .flatMapToLong(quota -> java.util.stream.LongStream.of(quota.budgetPerDay().nanos(),
                        quota.budgetPerMonth().nanos()))
                .filter(nanos -> nanos > 0).min().orElse(Long.MAX_VALUE);
    }

    String base() {
        return base;
    }

    String row() {
        return row;
    }

    TenantZone zone() {
        return zone;
    }

    List<Scope> scopes() {
        return scopes;
    }

    /** Those of the first scope: what clients are told. */
    Quota quota() {
        return scopes.get(0).quota();
    }

    String leaseKey(String id) {
        return base + "limit:lease:" + id;
    }

    String leasesKey() {
        return leasesKey;
    }

    List<String> scopeKeys() {
        return scopeKeys;
    }

    /** Separated by spaces, which names do not have. */
    String scopeNames() {
        return scopeNames;
    }

    boolean unlimited() {
        return unlimited;
    }

    boolean hasBudget() {
        return smallestBudget < Long.MAX_VALUE;
    }

    /** Nano-dollars; a very large number where there is none. */
    long smallestBudget() {
        return smallestBudget;
    }

    boolean limitsTokens() {
        return limitsTokens;
    }

    RefusalMemory memory() {
        return memory;
    }

    Settlements settlements() {
        return settlements;
    }
}
