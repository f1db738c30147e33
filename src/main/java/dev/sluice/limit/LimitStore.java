package dev.sluice.limit;

import dev.sluice.limit.Decision.Ended;
import dev.sluice.limit.Decision.Granted;
import dev.sluice.limit.Decision.Kind;
import dev.sluice.limit.Decision.Refused;
import dev.sluice.limit.Decision.TooRough;
import dev.sluice.redis.Outbox;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/** The scripts of this room: their arguments and what they answer. All of them are safe to repeat. */
final class LimitStore {
    /** A lease that is not renewed for so long is ended by whoever comes along. */
    static final long LEASE_MILLIS = 30_000;

    private static final String SHARED = "limit";
    static final int REAP_AT_ONCE = 200;
    private static final String YES = "1";
    private static final String NO = "0";

    private final SharedStore store;
    private final Outbox outbox;
    private final Scripts scripts;
    private final LongSupplier millis;

    LimitStore(SharedStore store, Outbox outbox, Scripts scripts, LongSupplier millis) {
        this.store = store;
        this.outbox = outbox;
        this.scripts = scripts;
        this.millis = millis;
    }

    /** What runs in Redis. */
    record Scripts(Script reserve, Script settle, Script renew, Script reap) {
        static final Scripts OURS = new Scripts(Script.named(SHARED, "reserve"), Script.named(SHARED, "settle"),
                Script.named(SHARED, "renew"), Script.named(SHARED, "reap"));
    }

    /** Whether Redis was there when last heard of: only then may a call that failed have happened. */
    boolean available() {
        return store.available();
    }

    /**
     * Reserves in all scopes of the holder or in none; or tops up.
     *
     * @param id of the lease
     * @param step 0 to reserve, then growing by one with each top-up
     * @param billedBefore top-up: what the call before reserved stays charged
     * @param model for the usage row, should this replica not live to settle
     */
    Uni<Decision> reserve(Holder holder, String id, int step, boolean billedBefore, Demand demand, String model) {
        List<Scope> scopes = holder.scopes();
        List<String> keys = keys(holder, id);
        List<Object> arguments = new ArrayList<>(18 + 6 * scopes.size());
        addCalendar(arguments, holder);
        arguments.add(id);
        arguments.add(step);
        arguments.add(billedBefore ? YES : NO);
        arguments.add(LEASE_MILLIS);
        arguments.add(step == 0 ? YES : NO);
        arguments.add(demand.prompt());
        arguments.add(demand.output());
        arguments.add(demand.choices());
        arguments.add(demand.least());
        arguments.add(demand.tariff().prompt(demand.prompt()));
        arguments.add(demand.tariff().output());
        arguments.add(demand.rough() ? YES : NO);
        arguments.add(model);
        arguments.add(holder.row());
        for (int i = 0; i < scopes.size(); i++) {
            Scope scope = scopes.get(i);
            arguments.add(scope.name());
            arguments.add(scope.quota().requestsPerMinute());
            arguments.add(Math.max(1, scope.quota().burst()));
            arguments.add(Math.min(Demand.MOST_TOKENS, scope.quota().tokensPerMinute()));
            arguments.add(Math.min(Tariff.MOST_NANOS, scope.quota().budgetPerDay().nanos()));
            arguments.add(Math.min(Tariff.MOST_NANOS, scope.quota().budgetPerMonth().nanos()));
        }
        return store.run(scripts.reserve(), keys, arguments).map(this::decision);
    }

    private Decision decision(Response answer) {
        return switch (answer.get(0).toInteger()) {
            case 1 -> new Granted(answer.get(1).toLong(), levels(answer, 2), answer.get(4).toLong());
            case 0 -> new Refused(Kind.valueOf(answer.get(1).toString().toUpperCase(Locale.ROOT)),
                    answer.get(2).toInteger() - 1, answer.get(3).toLong(), levels(answer, 4));
            case 2 -> new TooRough();
            default -> new Ended();
        };
    }

    private Levels levels(Response answer, int at) {
        return new Levels(answer.get(at).toLong(), answer.get(at + 1).toLong(), millis.getAsLong());
    }

    /** Nobody waits for it: it is repeated until it has happened. */
    void settle(Holder holder, String id, Settlement end) {
        holder.settlements().add(id, end, (ended, arrived) -> post(holder, ended, arrived));
    }

    /** What has ended at this holder and was still to be sent is on its way now; whether there was any. */
    boolean settleNow(Holder holder) {
        return holder.settlements().flush((ended, arrived) -> post(holder, ended, arrived));
    }

    private void post(Holder holder, List<Settlements.Ended> ended, Runnable arrived) {
        outbox.post(scripts.settle(), List.of(holder.leasesKey()), settlement(holder, ended), arrived);
    }

    /** What the settle script is told. */
    static List<Object> settlement(Holder holder, List<Settlements.Ended> all) {
        List<Object> arguments = new ArrayList<>(6 + 15 * all.size());
        addCalendar(arguments, holder);
        arguments.add(holder.row());
        arguments.add(holder.scopeNames());
        for (Settlements.Ended one : all) {
            Settlement end = one.settlement();
            arguments.add(one.id());
            arguments.add(end.reserved() ? "lease" : "none");
            arguments.add(end.unsent() ? YES : NO);
            arguments.add(end.tokens());
            arguments.add(end.cost().nanos());
            arguments.add(end.unsettled().nanos());
            arguments.add(end.reservedAt());
            arguments.add(end.endedAt());
            arguments.add(end.model());
            arguments.add(end.requests());
            arguments.add(end.failures());
            arguments.add(end.usage().inputTokens());
            arguments.add(end.usage().cachedInputTokens());
            arguments.add(end.usage().outputTokens());
            arguments.add(end.savedByRouting().nanos());
        }
        return arguments;
    }

    /** Keeps leases alive; nobody waits for it either, the next sweep comes soon. */
    void renew(Holder holder, List<String> ids) {
        List<Object> arguments = new ArrayList<>(5 + 2 * ids.size());
        addCalendar(arguments, holder);
        arguments.add(LEASE_MILLIS);
        for (String id : ids) {
            arguments.add(id);
            arguments.add("");
        }
        store.run(scripts.renew(), List.of(holder.leasesKey()), arguments).subscribe().with(alive -> {}, lost -> {});
    }

    /** Tells whether a provider may have been asked by now, should this replica not live to settle. */
    Uni<Void> mark(Holder holder, String id, boolean sent) {
        List<Object> arguments = new ArrayList<>(7);
        addCalendar(arguments, holder);
        arguments.add(LEASE_MILLIS);
        arguments.add(id);
        arguments.add(sent ? YES : NO);
        return store.run(scripts.renew(), List.of(holder.leasesKey()), arguments).replaceWithVoid();
    }

    /** Ends leases of replicas that are gone; how many there were, at most 200. */
    Uni<Integer> reap(Holder holder) {
        List<Object> arguments = new ArrayList<>(5);
        addCalendar(arguments, holder);
        arguments.add(REAP_AT_ONCE);
        return store.run(scripts.reap(), List.of(holder.leasesKey()), arguments).map(Response::toInteger);
    }

    private static void addCalendar(List<Object> arguments, Holder holder) {
        TenantZone.Offsets offsets = holder.zone().offsets();
        arguments.add(holder.base());
        arguments.add(offsets.now());
        arguments.add(offsets.change());
        arguments.add(offsets.after());
    }

    static List<String> keys(Holder holder, String id) {
        List<String> keys = new ArrayList<>(2 + holder.scopeKeys().size());
        keys.add(holder.leaseKey(id));
        keys.add(holder.leasesKey());
        keys.addAll(holder.scopeKeys());
        return keys;
    }
}
