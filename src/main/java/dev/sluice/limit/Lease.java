package dev.sluice.limit;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Reservation;
import dev.sluice.Usage;
import dev.sluice.limit.Decision.Granted;
import dev.sluice.limit.Decision.Refused;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

/**
 * What one request holds of its caller's quotas, from before its first call until after its last. It is used by one
 * request on one event loop; only its end may come from elsewhere, and comes once.
 */
final class Lease implements Reservation {
    private static final int FIRST_FAILURE = 400;

    private final Limiter limiter;
    private final Holder holder;
    private final Exchange exchange;
    private final String id;
    private final boolean bounded;
    private final boolean reserved;
    private Demand demand;
    private Levels levels;
    private long redisMillis;
    private long grantedAtMillis;
    private Model model;
    private int step;
    private int calls;
    /** Held for calls before this one that may be billed. */
    private long keptTokens;
    private long keptNanos;
    /** Held for this call. */
    private long tokens;
    private long nanos;
    private ProviderHold providerHold;
    private Refusal providerFull;
    private boolean ended;

    /**
     * @param bounded whether a limit demands that the provider is told the output's bound
     * @param reserved whether Redis holds it; false where nothing is limited, or Redis is away and that is no reason to
     *        refuse
     */
    Lease(Limiter limiter, Holder holder, Exchange exchange, String id, Demand demand, boolean bounded,
            boolean reserved) {
        this.limiter = limiter;
        this.holder = holder;
        this.exchange = exchange;
        this.id = id;
        this.demand = demand;
        this.bounded = bounded;
        this.reserved = reserved;
        this.model = exchange.route().model();
        this.tokens = demand.tokens();
        this.nanos = demand.nanos();
    }

    String id() {
        return id;
    }

    Holder holder() {
        return holder;
    }

    Exchange exchange() {
        return exchange;
    }

    Demand demand() {
        return demand;
    }

    boolean bounded() {
        return bounded;
    }

    /** Tells Redis whether a provider may have been asked, should this replica not live to settle. */
    Uni<Void> mark(boolean sent) {
        return reserved ? limiter.store().mark(holder, id, sent) : Uni.createFrom().voidItem();
    }

    Lease granted(Granted granted, Demand of) {
        demand = of.granted(granted.output());
        tokens = demand.tokens();
        nanos = demand.nanos();
        levels = granted.levels();
        redisMillis = granted.redisMillis();
        grantedAtMillis = limiter.millis();
        return this;
    }

    @Override
    public long outputBound() {
        return bounded && demand.output() != exchange.request().outputBound() ? demand.output() : 0;
    }

    @Override
    public Uni<Optional<Refusal>> beforeAttempt(Model next, boolean billedBefore) {
        ProviderGate.Limited provider = limiter.providers().of(next);
        Uni<Optional<Refusal>> covered = covered(next, billedBefore);
        if (provider == null) {
            return covered.invoke(this::count);
        }
        settleProvider(calls > 0, billedBefore ? tokens : 0);
        return covered.flatMap(refusal -> refusal.isPresent()
                ? Uni.createFrom().item(refusal)
                : limiter.providers().admit(limiter, this, provider, next).map(this::admitted).invoke(this::count));
    }

    private void count(Optional<Refusal> refusal) {
        if (refusal.isEmpty()) {
            calls++;
        }
    }

    /** The first call to the model that was routed is what has been reserved; so is another if the last was not billed. */
    private Uni<Optional<Refusal>> covered(Model next, boolean billedBefore) {
        if (next.name().equals(model.name()) && (calls == 0 || !billedBefore)) {
            return go();
        }
        if (holder.hasBudget() && next.price().isEmpty()) {
            return Uni.createFrom().item(Optional.of(Refusals.withoutPrice(next)));
        }
        return limiter.demand(exchange.request(), next, demand).flatMap(wanted -> cover(next, billedBefore, wanted));
    }

    private Uni<Optional<Refusal>> cover(Model next, boolean billedBefore, Demand wanted) {
        boolean held = !billedBefore && wanted.tokens() <= tokens && wanted.nanos() <= nanos;
        if (!reserved || held) {
            take(next, billedBefore, wanted);
            return go();
        }
        return limiter.store().reserve(holder, id, step + 1, billedBefore, wanted, next.name())
                .map(decision -> toppedUp(decision, next, billedBefore, wanted))
                .onFailure().recoverWithItem(away -> storeAway(next, billedBefore, wanted));
    }

    private Optional<Refusal> toppedUp(Decision decision, Model next, boolean billedBefore, Demand wanted) {
        if (decision instanceof Granted) {
            step++;
            take(next, billedBefore, wanted);
            return Optional.empty();
        }
        return Optional.of(decision instanceof Refused refused
                ? limiter.refusal(holder, refused)
                : Refusals.ended());
    }

    private Optional<Refusal> storeAway(Model next, boolean billedBefore, Demand wanted) {
        if (limiter.closedWithoutStore(holder)) {
            return Optional.of(Refusals.storeUnavailable());
        }
        take(next, billedBefore, wanted);
        return Optional.empty();
    }

    private void take(Model next, boolean billedBefore, Demand wanted) {
        if (billedBefore) {
            keptTokens += tokens;
            keptNanos += nanos;
            tokens = wanted.tokens();
            nanos = wanted.nanos();
        } else {
            tokens = Math.max(tokens, wanted.tokens());
            nanos = Math.max(nanos, wanted.nanos());
        }
        model = next;
    }

    private static Uni<Optional<Refusal>> go() {
        return Uni.createFrom().item(Optional.empty());
    }

    private Optional<Refusal> admitted(Optional<Refusal> full) {
        providerFull = full.orElse(null);
        return full;
    }

    /** Whoever waits for a provider may be gone when it is granted. */
    void hold(ProviderHold granted) {
        boolean late;
        synchronized (this) {
            late = ended;
            if (!late) {
                providerHold = granted;
            }
        }
        if (late) {
            granted.settle(limiter.store(), false, 0, limiter.millis());
        } else {
            limiter.live().add(granted.provider().holder(), granted.id());
        }
    }

    private void settleProvider(boolean sent, long used) {
        ProviderHold hold;
        synchronized (this) {
            hold = providerHold;
            providerHold = null;
        }
        if (hold != null) {
            limiter.live().remove(hold.id());
            hold.settle(limiter.store(), sent, used, limiter.millis());
        }
    }

    /** Settles with what the reply tells, when it has been told, and lets it tell what was settled. */
    Reply settleWith(Reply reply) {
        if (reply instanceof Stream stream) {
            return stream.with(soFar(stream.receipt())).ending(end -> end.with(settle(end.receipt(), !end.finished())));
        }
        boolean failed = !(reply instanceof Answer answer) || answer.status() >= FIRST_FAILURE;
        return explained(reply).with(settle(reply.receipt(), failed));
    }

    /** At the head of a stream everything that is held counts as used. */
    private Receipt soFar(Receipt receipt) {
        return levels == null ? receipt : receipt.with(levels.limits(holder.quota(), limiter.millis(), 0));
    }

    private Receipt settle(Receipt receipt, boolean failed) {
        if (!end()) {
            return receipt;
        }
        long used = receipt.usage().totalTokens();
        boolean called = calls > 0 && receipt.attempts() >= calls;
        boolean known = used > 0 || !receipt.maybeBilled();
        long last = !called ? 0 : known ? used : tokens;
        Money unsettled = new Money(keptNanos + (called && !known ? nanos : 0));
        // Who has gone is in the accounts as such; here it is only about what the call cost that went on for others.
        int counted = exchange.sharing().abandoned() ? 0 : 1;
        Receipt settled = receipt.charged(unsettled);
        limiter.store().settle(holder, id, new Settlement(reserved, receipt.attempts() == 0, keptTokens + last,
                receipt.cost(), unsettled, redisMillis, redisNow(), receipt.model().map(Model::name).orElse("-"),
                counted, failed ? counted : 0, receipt.usage(),
                exchange.route().saved(receipt.usage(), settled.cost())));
        if (counted == 0) {
            limiter.paidForNobody(settled.model().map(Model::name).orElse("-"), settled.cost());
        }
        settleProvider(called, last);
        limiter.settled(holder, bounded && called && (last > tokens || receipt.cost().nanos() > nanos));
        if (levels != null) {
            settled = settled.with(levels.limits(holder.quota(), limiter.millis(), Math.max(0, tokens - last)));
        }
        return settled.asBooked();
    }

    /** Once there is nobody else to ask, the client itself may wait for the provider. */
    private Reply explained(Reply reply) {
        return providerFull != null && reply instanceof Refusal refusal
                && refusal.message().equals(providerFull.message()) ? Refusals.providerBusy(refusal) : reply;
    }

    /** Nobody waits for a reply any more, or there is none: what may have been billed is charged. */
    void abandon() {
        if (!end()) {
            return;
        }
        boolean called = calls > 0;
        Money unsettled = called ? new Money(keptNanos + nanos) : Money.ZERO;
        settleProvider(called, tokens);
        limiter.paidForNobody(model.name(), unsettled);
        if (!reserved && !called) {
            return;
        }
        limiter.store().settle(holder, id, new Settlement(reserved, !called, called ? keptTokens + tokens : 0,
                Money.ZERO, unsettled, redisMillis, redisNow(),
                called ? model.name() : "-", 0, 0, Usage.NONE, Money.ZERO));
        limiter.settled(holder, false);
    }

    private boolean end() {
        synchronized (this) {
            if (ended) {
                return false;
            }
            ended = true;
        }
        if (reserved) {
            limiter.live().remove(id);
        }
        return true;
    }

    private long redisNow() {
        return redisMillis == 0 ? 0 : redisMillis + limiter.millis() - grantedAtMillis;
    }
}
