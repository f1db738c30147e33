package dev.sluice.limit;

import dev.sluice.Caller;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Quota;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.OnRedisFailure;
import dev.sluice.limit.Decision.Granted;
import dev.sluice.limit.Decision.Refused;
import dev.sluice.limit.Decision.TooRough;
import dev.sluice.redis.KeyNames;
import dev.sluice.redis.StoreUnavailable;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Decides what may be called, and keeps the books of it. */
final class Limiter {
    /** A request that is smaller than this part of the smallest budget may be bounded roughly. */
    private static final long NEGLIGIBLE = 20_000;

    private static final Logger LOG = Logger.getLogger(Limiter.class);

    private final Settings settings;
    private final KeyNames keys;
    private final LimitStore store;
    private final LiveLeases live;
    private final PromptBound prompts;
    private final LimitMeters meters;
    private final LongSupplier millis;
    private final LeaseIds ids = new LeaseIds();
    private final Map<String, Tenancy> tenants;
    private final Tenancy otherTenants;

    Limiter(Settings settings, KeyNames keys, LimitStore store, LiveLeases live, PromptBound prompts,
            LimitMeters meters, Clock clock, LongSupplier millis) {
        this.settings = settings;
        this.keys = keys;
        this.store = store;
        this.live = live;
        this.prompts = prompts;
        this.meters = meters;
        this.millis = millis;
        this.tenants = settings.tenants().values().stream().collect(Collectors.toMap(Settings.Tenant::name,
                tenant -> new Tenancy(new Quota(0, 0, 0, tenant.budgetPerDay(), tenant.budgetPerMonth()),
                        new TenantZone(tenant.timeZone(), clock))));
        this.otherTenants = new Tenancy(Quota.UNLIMITED, new TenantZone(ZoneOffset.UTC, clock));
    }

    private record Tenancy(Quota quota, TenantZone zone) {}

    /** Either a lease or a refusal. */
    record Outcome(Lease lease, Refusal refusal) {}

    LimitStore store() {
        return store;
    }

    LiveLeases live() {
        return live;
    }

    long millis() {
        return millis.getAsLong();
    }

    Holder holder(Caller caller) {
        Tenancy tenancy = tenants.getOrDefault(caller.tenant(), otherTenants);
        return Holder.caller(keys, caller, tenancy.quota(), tenancy.zone());
    }

    Uni<Outcome> reserve(Exchange exchange) {
        Holder holder = holder(exchange.caller());
        Model model = exchange.route().model();
        if (holder.hasBudget() && model.price().isEmpty()) {
            return Uni.createFrom().item(new Outcome(null, Refusals.withoutPrice(model)));
        }
        boolean bounded = holder.hasBudget() || holder.limitsTokens();
        Demand demand = demand(exchange, model, bounded);
        if (holder.unlimited()) {
            return Uni.createFrom().item(
                    new Outcome(new Lease(this, holder, exchange, ids.next(), demand, bounded, false), null));
        }
        Lease lease = new Lease(this, holder, exchange, ids.next(), demand, bounded, true);
        Uni<Demand> first = demand.rough() && !negligible(holder, demand)
                ? exactly(exchange.request(), model, demand)
                : Uni.createFrom().item(demand);
        return first.flatMap(wanted -> ask(lease, holder, model, wanted)
                .flatMap(decision -> decision instanceof TooRough
                        ? exactly(exchange.request(), model, wanted)
                                .flatMap(counted -> ask(lease, holder, model, counted)
                                        .map(again -> outcome(lease, holder, counted, again)))
                        : Uni.createFrom().item(outcome(lease, holder, wanted, decision))))
                .onFailure().recoverWithItem(away -> withoutStore(away, lease, holder, exchange, demand, bounded))
                .onCancellation().invoke(lease::abandon);
    }

    private Uni<Decision> ask(Lease lease, Holder holder, Model model, Demand demand) {
        return store.reserve(holder, lease.id(), 0, false, true, demand, model.name());
    }

    private Outcome outcome(Lease lease, Holder holder, Demand demand, Decision decision) {
        if (decision instanceof Granted granted) {
            meters.granted(granted.output() < demand.output());
            live.add(holder, lease.id());
            return new Outcome(lease.granted(granted, demand), null);
        }
        if (decision instanceof Refused refused) {
            Refusal refusal = refusal(holder, refused);
            Quota quota = holder.scopes().get(0).quota();
            return new Outcome(null, refusal
                    .with(refusal.receipt().with(refused.levels().limits(quota, millis(), 0))));
        }
        return new Outcome(null, Refusals.ended());
    }

    private Outcome withoutStore(Throwable away, Lease lease, Holder holder, Exchange exchange, Demand demand,
            boolean bounded) {
        if (!(away instanceof StoreUnavailable)) {
            LOG.errorf("Redis refused to reserve: %s", away.getMessage());
        }
        lease.abandon();
        if (closedWithoutStore(holder)) {
            return new Outcome(null, Refusals.storeUnavailable());
        }
        return new Outcome(new Lease(this, holder, exchange, ids.next(), demand, bounded, false), null);
    }

    private Demand demand(Exchange exchange, Model model, boolean bounded) {
        Request request = exchange.request();
        long output = request.outputBound() > 0 ? request.outputBound() : settings.limits().defaultMaxTokens();
        Tariff tariff = model.price().map(Tariff::of).orElse(Tariff.FREE);
        return new Demand(PromptBound.bytes(request), output, request.choices(), exchange.caller().clamp() ? 1 : output,
                tariff, bounded && prompts.countable(model));
    }

    private Uni<Demand> exactly(Request request, Model model, Demand demand) {
        return prompts.exact(request, model).map(demand::exactly);
    }

    /** What a call to another model may use, at the output bound that was granted. */
    Uni<Demand> demand(Request request, Model model, Demand granted) {
        Demand repriced = granted.at(model.price().map(Tariff::of).orElse(Tariff.FREE));
        return exactly(request, model, repriced);
    }

    /** So small that what a rough bound holds too much does not keep the budget from being used. */
    private static boolean negligible(Holder holder, Demand demand) {
        long smallest = Long.MAX_VALUE;
        for (Scope scope : holder.scopes()) {
            smallest = Math.min(smallest, positive(scope.quota().budgetPerDay()));
            smallest = Math.min(smallest, positive(scope.quota().budgetPerMonth()));
        }
        return demand.nanos() < smallest / NEGLIGIBLE;
    }

    private static long positive(Money budget) {
        return budget.nanos() > 0 ? budget.nanos() : Long.MAX_VALUE;
    }

    Refusal refusal(Holder holder, Refused refused) {
        String whose = refused.scope() == 0 ? "key" : "tenant";
        meters.refused(whose, refused.kind());
        return Refusals.of(refused, whose);
    }

    boolean closedWithoutStore(Holder holder) {
        OnRedisFailure policy = holder.hasBudget()
                ? settings.limits().budgetOnRedisFailure()
                : settings.limits().onRedisFailure();
        return policy == OnRedisFailure.CLOSED;
    }

    void settled(Holder holder, boolean overrun) {
        if (overrun) {
            meters.overrun();
        }
    }
}
