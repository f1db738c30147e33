package dev.sluice.limit;

import dev.sluice.limit.Decision.Granted;
import dev.sluice.limit.Decision.Kind;
import dev.sluice.limit.Decision.Refused;
import dev.sluice.limit.Decision.TooRough;
import dev.sluice.redis.Outbox;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** The scripts of this room: their arguments and what they answer. All of them are safe to repeat. */
final class LimitStore {
    /** A lease that is not renewed for so long is ended by whoever comes along. */
    static final long LEASE_MILLIS = 30_000;

    /** How often a holder's ends are told: what they held may stay held so long. */
    private static final long SETTLED_EVERY_MILLIS = 5;
    private static final String SHARED = "limit";
    static final int REAP_AT_ONCE = 200;

    private final SharedStore store;
    private final Outbox outbox;
    private final Scripts scripts;
    private final LongSupplier millis;
    /** Whose ends wait to be told together. */
    private final Set<Holder> gathering = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

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

    /** A lease and its end. */
    record Ended(String id, Settlement settlement) {}

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
        return Uni.createFrom().emitter(
                whoAsks -> holder.asked().add(new Asked(id, step, billedBefore, demand, model, whoAsks),
                        new Reservations(holder)));
    }

    private final class Reservations implements GroupCommit.Messages<Asked> {
        private final Holder holder;

        Reservations(Holder holder) {
            this.holder = holder;
        }

        @Override
        public void write(List<Asked> together, Runnable arrived) {
            reserve(holder, together, arrived);
        }

        /** Somebody waits. */
        @Override
        public void soon(Runnable send) {
            afterThisTurn(send);
        }
    }

    private void reserve(Holder holder, List<Asked> all, Runnable arrived) {
        store.run(scripts.reserve(), List.of(holder.liveKey(), holder.leasesKey()), reservation(holder, all))
                .map(this::decisions).subscribe().with(decisions -> {
                    arrived.run();
                    for (int i = 0; i < all.size(); i++) {
                        all.get(i).decided(decisions.get(i));
                    }
                }, away -> {
                    arrived.run();
                    for (Asked one : all) {
                        one.undecided(away);
                    }
                });
    }

    /** What the reserve script is told. */
    static List<Object> reservation(Holder holder, List<Asked> all) {
        List<Object> arguments = new ArrayList<>(5 + holder.limits().size() + 3 * all.size());
        addCalendar(arguments, holder);
        arguments.add(holder.row());
        arguments.add(LEASE_MILLIS);
        arguments.add(holder.scopes().size());
        arguments.addAll(holder.limits());
        for (Asked one : all) {
            arguments.add(one.id());
            arguments.add(one.model());
            arguments.add(one.numbers());
        }
        return arguments;
    }

    /** What it answers, to each that asked. */
    List<Decision> decisions(Response answers) {
        return answers.stream().map(this::decision).toList();
    }

    private Decision decision(Response answer) {
        return switch (answer.get(0).toInteger()) {
            case 1 -> new Granted(answer.get(1).toLong(), levels(answer, 2), answer.get(4).toLong());
            case 0 -> new Refused(Kind.valueOf(answer.get(1).toString().toUpperCase(Locale.ROOT)),
                    answer.get(2).toInteger() - 1, answer.get(3).toLong(), levels(answer, 4));
            case 2 -> new TooRough();
            default -> new Decision.Ended();
        };
    }

    private Levels levels(Response answer, int at) {
        return new Levels(answer.get(at).toLong(), answer.get(at + 1).toLong(), millis.getAsLong());
    }

    /** Nobody waits for it: it is repeated until it has happened. */
    void settle(Holder holder, String id, Settlement end) {
        holder.ended().add(new Ended(id, end), new Settlements(holder));
    }

    /** What has ended at this holder and was still to be sent is on its way now; whether there was any. */
    boolean settleNow(Holder holder) {
        return holder.ended().flush(new Settlements(holder));
    }

    /** The same of all holders; from now on nothing waits for more. */
    void settleAllNow() {
        stopping = true;
        gathering.forEach(this::settleNow);
    }

    private final class Settlements implements GroupCommit.Messages<Ended> {
        private final Holder holder;

        Settlements(Holder holder) {
            this.holder = holder;
        }

        @Override
        public void write(List<Ended> together, Runnable arrived) {
            holder.settled(millis.getAsLong());
            outbox.post(scripts.settle(), List.of(holder.leasesKey(), holder.liveKey()), settlement(holder, together),
                    arrived);
        }

        /** An idle holder's without delay; a busy one's when its last message is long enough ago. */
        @Override
        public void soon(Runnable send) {
            gathering.add(holder); // before it is asked whether this replica ends: one of the two sees the other
            Runnable gathered = () -> {
                gathering.remove(holder);
                send.run();
            };
            ContextInternal context = ContextInternal.current();
            long wait = holder.settledAtMillis() + SETTLED_EVERY_MILLIS - millis.getAsLong();
            if (context == null || stopping) {
                gathered.run();
            } else if (wait <= 0) {
                afterThisTurn(gathered);
            } else {
                context.unwrap().setTimer(wait, timer -> gathered.run());
            }
        }
    }

    /** Once the event loop has done what is at hand: by then this turn has brought all that goes together. */
    private static void afterThisTurn(Runnable work) {
        Context context = Vertx.currentContext();
        if (context == null) {
            work.run();
        } else {
            context.runOnContext(ignored -> work.run());
        }
    }

    /** What the settle script is told. */
    static List<Object> settlement(Holder holder, List<Ended> all) {
        List<Object> arguments = new ArrayList<>(4 + 3 * all.size());
        addCalendar(arguments, holder);
        arguments.add(holder.row());
        arguments.add(holder.scopeNames());
        for (Ended one : all) {
            Settlement end = one.settlement();
            arguments.add(one.id());
            arguments.add(end.model());
            arguments.add(Numbers.of(Numbers.digit(end.reserved()), Numbers.digit(end.unsent()), end.tokens(),
                    end.cost().nanos(),
                    end.unsettled().nanos(), end.reservedAt(), end.endedAt(), end.requests(), end.failures(),
                    end.usage().inputTokens(), end.usage().cachedInputTokens(), end.usage().outputTokens(),
                    end.savedByRouting().nanos()));
        }
        return arguments;
    }

    /** Keeps leases alive; nobody waits for it either, the next sweep comes soon. */
    void renew(Holder holder, List<String> ids) {
        List<Object> arguments = new ArrayList<>(3 + 2 * ids.size());
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
        List<Object> arguments = new ArrayList<>(5);
        addCalendar(arguments, holder);
        arguments.add(LEASE_MILLIS);
        arguments.add(id);
        arguments.add(Numbers.digit(sent));
        return store.run(scripts.renew(), List.of(holder.leasesKey()), arguments).replaceWithVoid();
    }

    /** Ends leases of replicas that are gone; how many there were, at most 200. */
    Uni<Integer> reap(Holder holder) {
        List<Object> arguments = new ArrayList<>(3);
        addCalendar(arguments, holder);
        arguments.add(REAP_AT_ONCE);
        return store.run(scripts.reap(), List.of(holder.leasesKey()), arguments).map(Response::toInteger);
    }

    private static void addCalendar(List<Object> arguments, Holder holder) {
        arguments.add(holder.writtenBase());
        arguments.add(holder.zone().offsets());
    }
}
