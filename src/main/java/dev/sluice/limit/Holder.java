package dev.sluice.limit;

import dev.sluice.Quota;
import dev.sluice.limit.LimitStore.Ended;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Whose quotas are decided about together, in one script; kept from request to request. */
final class Holder {
    private final String base;
    private final TenantZone zone;
    private final List<Scope> scopes;
    private final String scopeKey;
    /** The rest is for the scripts: written as they are sent, because they are sent with every request. */
    private final byte[] writtenBase;
    private final byte[] row;
    private final byte[] leasesKey;
    private final byte[] liveKey;
    private final byte[] scopeNames;
    private final List<Object> limits;
    private final boolean unlimited;
    private final boolean limitsTokens;
    private final long smallestBudget;
    private final RefusalMemory memory = new RefusalMemory();
    private final GroupCommit<Asked> asked = new GroupCommit<>();
    private final GroupCommit<Ended> ended = new GroupCommit<>();
    private volatile long settledAtMillis = Long.MIN_VALUE / 2;

    /**
     * @param base how the names of all its keys begin, hash tag included
     * @param row name of the key in the usage row; empty: no row
     * @param zone whose calendar its budgets follow
     * @param scopes the first one's rates are what clients are told
     */
    Holder(String base, String row, TenantZone zone, List<Scope> scopes) {
        this.base = base;
        this.zone = zone;
        this.scopes = scopes;
        this.scopeKey = scopes.isEmpty() ? base : base + "limit:" + scopes.get(0).name();
        this.writtenBase = written(base);
        this.row = written(row);
        this.leasesKey = written(base + "limit:leases");
        this.liveKey = written(base + "limit:live");
        this.scopeNames = written(String.join(" ", scopes.stream().map(Scope::name).toList()));
        this.limits = limits(scopes);
        this.unlimited = scopes.stream().allMatch(Scope::unlimited);
        this.limitsTokens = scopes.stream().anyMatch(scope -> scope.quota().tokensPerMinute() > 0);
        this.smallestBudget = scopes.stream().map(Scope::quota)
                .flatMapToLong(quota -> java.util.stream.LongStream.of(quota.budgetPerDay().nanos(),
                        quota.budgetPerMonth().nanos()))
                .filter(nanos -> nanos > 0).min().orElse(Long.MAX_VALUE);
    }

    private static byte[] written(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<Object> limits(List<Scope> scopes) {
        List<Object> limits = new ArrayList<>(2 * scopes.size());
        for (Scope scope : scopes) {
            limits.add(written(scope.name()));
            limits.add(scope.limits());
        }
        return Collections.unmodifiableList(limits);
    }

    String base() {
        return base;
    }

    byte[] writtenBase() {
        return writtenBase;
    }

    byte[] row() {
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

    byte[] leasesKey() {
        return leasesKey;
    }

    byte[] liveKey() {
        return liveKey;
    }

    /** Of the first scope. */
    String scopeKey() {
        return scopeKey;
    }

    /** Separated by spaces, which names do not have. */
    byte[] scopeNames() {
        return scopeNames;
    }

    /** For each scope its name and what it allows. */
    List<Object> limits() {
        return limits;
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

    /** Reservations that are asked for. */
    GroupCommit<Asked> asked() {
        return asked;
    }

    /** Leases that are to be settled. */
    GroupCommit<Ended> ended() {
        return ended;
    }

    /** When Redis was last told what has ended, by this replica's monotonic clock; long ago where it never was. */
    long settledAtMillis() {
        return settledAtMillis;
    }

    void settled(long atMillis) {
        settledAtMillis = atMillis;
    }
}
