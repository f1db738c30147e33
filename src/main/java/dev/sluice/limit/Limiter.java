package dev.sluice.limit;

import dev.sluice.Caller;
import dev.sluice.Exchange;
import dev.sluice.Money;
import dev.sluice.Model;
import dev.sluice.Price;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.OnRedisFailure;
import dev.sluice.limit.Decision.Granted;
import dev.sluice.limit.Decision.Refused;
import dev.sluice.limit.Decision.TooRough;
import dev.sluice.limit.ProviderQueue.Answer;
import dev.sluice.redis.StoreUnavailable;
import dev.sluice.tokens.PromptBound;
import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/** Decides what may be called: by what Redis says, by what it said a moment ago, or without it. */
final class Limiter {
    private static final Logger LOG = Logger.getLogger(Limiter.class);
    /** What a rough bound holds too much of such small parts of a budget does not keep the rest from being used. */
    private static final long NEGLIGIBLE = 20_000;
    private static final long RETRY_MILLIS = 1000;

    private final Settings settings;
    private final Holders holders;
    private final LimitStore store;
    private final LiveLeases live;
    private final ProviderGate providers;
    private final LocalRates localRates = new LocalRates();
    private final Replicas replicas;
    private final PromptBound prompts;
    private final LimitMeters meters;
    private final LongSupplier millis;
    private final LeaseIds ids = new LeaseIds();
    /** As many as the configuration has prices. */
    private final Map<Price, Tariff> tariffs = new ConcurrentHashMap<>();

    Limiter(Settings settings, Holders holders, LimitStore store, LiveLeases live, ProviderGate providers,
            Replicas replicas, PromptBound prompts, LimitMeters meters, LongSupplier millis) {
        this.settings = settings;
        this.holders = holders;
        this.store = store;
        this.live = live;
        this.providers = providers;
        this.replicas = replicas;
        this.prompts = prompts;
        this.meters = meters;
        this.millis = millis;
    }

    /** Either a lease or a refusal. */
    record Outcome(Lease lease, Refusal refusal) {
        static Outcome of(Refusal refusal) {
            return new Outcome(null, refusal);
        }
    }

    LimitStore store() {
        return store;
    }

    LiveLeases live() {
        return live;
    }

    ProviderGate providers() {
        return providers;
    }

    long millis() {
        return millis.getAsLong();
    }

    LimitMeters meters() {
        return meters;
    }

    String nextId() {
        return ids.next();
    }

    /** Whether a refusal of this caller is remembered. */
    boolean refuses(Caller caller) {
        return holders.caller(caller).memory().isCurrent(millis());
    }

    Uni<Outcome> reserve(Exchange exchange) {
        Holder holder = holders.caller(exchange.caller());
        Model model = exchange.route().model();
        if (holder.hasBudget() && model.price().isEmpty()) {
            return now(Outcome.of(Refusals.withoutPrice(model)));
        }
        Refused remembered = holder.memory().ofAny(millis());
        if (remembered != null) {
            return now(refused(holder, remembered));
        }
        boolean bounded = holder.hasBudget() || holder.limitsTokens() || providers.limitTokens(exchange.route());
        Demand demand = demand(exchange, model, bounded);
        if (holder.unlimited()) {
            return now(new Outcome(new Lease(this, holder, exchange, ids.next(), demand, bounded, false), null));
        }
        replicas.seen(exchange.caller().tenant());
        Lease lease = new Lease(this, holder, exchange, ids.next(), demand, bounded, true);
        Uni<Outcome> outcome = demand.rough()
                && (!negligible(holder, demand) || holder.memory().of(demand, millis()) != null)
                        ? exactly(exchange.request(), model, demand).flatMap(counted -> ask(lease, exchange, counted))
                        : ask(lease, exchange, demand);
        return outcome.onCancellation().invoke(lease::abandon);
    }

    private Uni<Outcome> ask(Lease lease, Exchange exchange, Demand demand) {
        Holder holder = lease.holder();
        Refused remembered = holder.memory().of(demand, millis());
        if (remembered != null) {
            return now(refused(holder, remembered));
        }
        Model model = exchange.route().model();
        boolean mayBeGranted = store.available();
        return store.reserve(holder, lease.id(), 0, false, demand, model.name())
                .onItemOrFailure().transformToUni((decision, away) -> {
                    if (away != null) {
                        return now(withoutStore(away, lease, exchange, demand, mayBeGranted));
                    }
                    if (decision instanceof Refused && store.settleNow(holder)) {
                        // What was refused may just have been given back here, and only waited to be sent.
                        return ask(lease, exchange, demand);
                    }
                    return decision instanceof TooRough
                            ? exactly(exchange.request(), model, demand)
                                    .flatMap(counted -> ask(lease, exchange, counted))
                            : now(decided(lease, demand, decision));
                });
    }

    private Outcome decided(Lease lease, Demand demand, Decision decision) {
        Holder holder = lease.holder();
        localRates.clear();
        if (decision instanceof Granted granted) {
            meters.granted(granted.output() < demand.output());
            live.add(holder, lease.id());
            return new Outcome(lease.granted(granted, demand), null);
        }
        if (decision instanceof Refused refused) {
            holder.memory().remember(refused, demand, millis());
            return refused(holder, refused);
        }
        return Outcome.of(Refusals.ended());
    }

    private Outcome refused(Holder holder, Refused refused) {
        Refusal refusal = refusal(holder, refused);
        return Outcome.of(refusal.with(
                refusal.receipt().with(refused.levels().limits(holder.quota(), millis(), 0))));
    }

    private Outcome withoutStore(Throwable away, Lease lease, Exchange exchange, Demand demand, boolean mayBeGranted) {
        if (mayBeGranted) {
            lease.abandon();
        }
        Holder holder = lease.holder();
        if (closedWithoutStore(holder)) {
            log(away);
            meters.counted("key", "store_unavailable");
            return Outcome.of(Refusals.storeUnavailable());
        }
        Answer answer = locally(holder, demand, away);
        meters.counted("key", answer.granted() ? "granted_locally" : "refused_locally");
        if (answer.granted()) {
            return new Outcome(new Lease(this, holder, exchange, ids.next(), demand, lease.bounded(), false), null);
        }
        return Outcome.of(answer.waitMillis() == 0
                ? Refusals.storeUnavailable()
                : Refusals.wait("This replica's share of the key's rates is used up while Redis is away.",
                        answer.waitMillis()));
    }

    /** What this replica's share of the rates allows. */
    Answer locally(Holder holder, Demand demand, Throwable away) {
        log(away);
        if (closedWithoutStore(holder)) {
            return new Answer(false, RETRY_MILLIS);
        }
        long wait = localRates.take(holder, demand.leastTokens(), replicas.count(), millis());
        return wait == 0 ? Answer.GRANTED : new Answer(false, wait == LocalRates.NEVER ? 0 : wait);
    }

    private static void log(Throwable away) {
        if (!(away instanceof StoreUnavailable)) {
            LOG.errorf("Redis cannot run the limits: %s", away.getMessage());
        }
    }

    private static Uni<Outcome> now(Outcome outcome) {
        return Uni.createFrom().item(outcome);
    }

    private Demand demand(Exchange exchange, Model model, boolean bounded) {
        Request request = exchange.request();
        long output = request.outputBound() > 0 || !request.endpoint().generates()
                ? request.outputBound()
                : settings.limits().defaultMaxTokens();
        return new Demand(prompts.bytes(request), output, request.choices(),
                exchange.caller().clamp() ? 1 : output, tariff(model), bounded && prompts.countable(model));
    }

    private Tariff tariff(Model model) {
        return model.price().isEmpty()
                ? Tariff.FREE
                : tariffs.computeIfAbsent(model.price().get(), Tariff::of);
    }

    Uni<Demand> exactly(Request request, Model model, Demand demand) {
        return prompts.exact(request, model).map(demand::exactly);
    }

    /** What a call to another model may use, at the output bound that was granted. */
    Uni<Demand> demand(Request request, Model model, Demand granted) {
        return exactly(request, model, granted.at(tariff(model)));
    }

    private static boolean negligible(Holder holder, Demand demand) {
        return demand.nanos() < holder.smallestBudget() / NEGLIGIBLE;
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

    /** A call has cost something of which no reply tells. */
    void paidForNobody(String model, Money cost) {
        meters.paid(model, cost);
    }

    /** A call has ended; what it gives back may be what others were refused for. */
    void settled(Holder holder, boolean overrun) {
        holder.memory().forget();
        if (overrun) {
            meters.overrun();
        }
    }
}
