package dev.sluice.cache;

import dev.sluice.Money;
import dev.sluice.cache.ScopeIndex.Holding;
import dev.sluice.redis.StoreUnavailable;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;

/**
 * What happened in the cache, gathered and told to Redis {@link #INTERVAL} later or when enough has come together, so
 * that a hit costs Redis one GET and nothing else. A replica that dies takes half a second of it along: entries that no
 * index knows, which are gone when they expire.
 */
@Singleton
final class Journal {
    /** How late Redis may learn what happened. Shorter than {@link Purges#VALID}, on which a purge relies. */
    static final Duration INTERVAL = Duration.ofMillis(500);
    private static final Logger LOG = Logger.getLogger(Journal.class);
    /** Told in one run of a script, for 1 to 2 ms, in which Redis serves nobody else. */
    private static final int LOT = 128;
    private static final int CAPACITY = 10_000;
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final ScopeIndex index;
    private final ServedRequests requests;
    private final Totals totals;
    private final Entries entries;
    private final Vertx vertx;
    private final Counter evictions;
    private final ConcurrentLinkedQueue<Note> notes = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean due = new AtomicBoolean();
    private final AtomicReference<Uni<Void>> telling = new AtomicReference<>();

    Journal(ScopeIndex index, ServedRequests requests, Totals totals, Entries entries, Vertx vertx,
            MeterRegistry meters) {
        this.index = index;
        this.requests = requests;
        this.totals = totals;
        this.entries = entries;
        this.vertx = vertx;
        this.evictions = Counter.builder("sluice.cache.evictions")
                .description("Entries that had to go because a scope had too many")
                .register(meters);
    }

    /** An answer that somebody else has paid for was given again. */
    void shared(Tally how, Note note, Money saved) {
        totals.add(how, 1);
        totals.add(Tally.SAVED_NANOS, saved.nanos());
        note(note);
    }

    /** One of several entries that a request was answered from; the request is counted apart. */
    void touched(Note note) {
        note(note);
    }

    void saved(Money saved) {
        totals.add(Tally.SAVED_NANOS, saved.nanos());
    }

    void stored(Note note) {
        note(note);
    }

    void count(Tally tally) {
        totals.add(tally, 1);
        flushLater();
    }

    private void note(Note note) {
        if (waiting.incrementAndGet() > CAPACITY) {
            waiting.decrementAndGet(); // Redis is away; what the index will not know expires by itself
        } else {
            notes.add(note);
            if (waiting.get() % LOT == 0) {
                vertx.getOrCreateContext().runOnContext(afterThisRequest -> flushNow());
            }
        }
        flushLater();
    }

    private void flushLater() {
        if (!due.get() && due.compareAndSet(false, true)) {
            vertx.setTimer(INTERVAL.toMillis(), id -> {
                due.set(false);
                flushNow();
            });
        }
    }

    private void flushNow() {
        flush().subscribe().with(done -> flushRest(), lost -> {
            LOG.debugf("The cache's journal waits for Redis: %s", lost.getMessage());
            flushLater();
        });
    }

    private void flushRest() {
        if (waiting.get() >= LOT) {
            flushNow();
        } else if (!notes.isEmpty() || totals.pending()) {
            flushLater();
        }
    }

    /** Everything that has happened so far is told; fails when Redis cannot be told. */
    Uni<Void> flushAll() {
        // What is told at this moment has left the queue already: one lot more.
        return Uni.createFrom().deferred(() -> flush(waiting.get() / LOT + 2));
    }

    private Uni<Void> flush(int lots) {
        return lots == 0 || notes.isEmpty() && telling.get() == null
                ? totals.flush()
                : flush().chain(() -> flush(lots - 1));
    }

    /** The next lot; or the one that is being told just now, because one at a time is enough. */
    private Uni<Void> flush() {
        return Uni.createFrom().deferred(() -> {
            Uni<Void> next = Uni.createFrom().deferred(this::tell)
                    .onTermination().invoke(() -> telling.set(null)).memoize().indefinitely();
            Uni<Void> current = telling.compareAndExchange(null, next);
            return current == null ? next : current;
        });
    }

    private Uni<Void> tell() {
        Lot lot = take();
        if (lot.all.isEmpty()) {
            return totals.flush();
        }
        AtomicReference<Throwable> trouble = new AtomicReference<>();
        List<Uni<Void>> writes = new ArrayList<>();
        lot.byScope.forEach((scope, events) -> writes.add(
                attempt(updateIndex(scope, List.copyOf(events.values())).replaceWithVoid(), trouble)));
        lot.byTenant.forEach((tenant, events) -> writes.add(
                attempt(requests.remember(tenant, events), trouble)));
        totals.add(lot.byScope.keySet(), lot.byTenant.keySet());
        return Uni.join().all(writes).andFailFast().chain(() -> settle(lot, trouble.get())).chain(totals::flush);
    }

    /** One that fails does not stop the others: what they evict has to be deleted. */
    private static Uni<Void> attempt(Uni<Void> write, AtomicReference<Throwable> trouble) {
        return write.onFailure().invoke(trouble::set).onFailure().recoverWithNull();
    }

    private Uni<Void> settle(Lot lot, Throwable trouble) {
        if (trouble instanceof StoreUnavailable) {
            putBack(lot);
            return Uni.createFrom().failure(trouble);
        }
        if (trouble != null) {
            LOG.warnf("Redis refused the cache's index: %s", trouble.getMessage());
        }
        return Uni.createFrom().voidItem();
    }

    private static final class Lot {
        private final List<Note> all = new ArrayList<>();
        /** Per scope an entry's storing and its latest hit; many hits of one entry are one event. */
        private final Map<Scope, Map<String, Note>> byScope = new LinkedHashMap<>();
        private final Map<String, List<Note>> byTenant = new LinkedHashMap<>();

        void add(Note note) {
            all.add(note);
            String event = note.isStore() ? note.identity() + "+" : note.identity();
            byScope.computeIfAbsent(note.scope(), scope -> new LinkedHashMap<>()).put(event, note);
            byTenant.computeIfAbsent(note.tenant(), tenant -> new ArrayList<>()).add(note);
        }
    }

    private Lot take() {
        Lot lot = new Lot();
        Note note;
        while (lot.all.size() < LOT && (note = notes.poll()) != null) {
            waiting.decrementAndGet();
            lot.add(note);
        }
        return lot;
    }

    /** All of it: what Redis has taken already does no harm when it comes again. */
    private void putBack(Lot lot) {
        for (Note note : lot.all) {
            if (waiting.incrementAndGet() > CAPACITY) {
                waiting.decrementAndGet();
                return;
            }
            notes.add(note);
        }
    }

    /** What the scope holds after these events and without what had to go. */
    Uni<Holding> updateIndex(Scope scope, List<Note> events) {
        return index.update(scope, events, System.nanoTime()).chain(holding -> {
            int evicted = holding.evicted().size();
            if (evicted == 0) {
                return Uni.createFrom().item(holding);
            }
            evictions.increment(evicted);
            totals.add(Tally.EVICTIONS, evicted);
            // What cannot be deleted now is gone when it expires.
            Uni<Long> deleted = entries.delete(holding.evicted()).onFailure().recoverWithItem(0L);
            return deleted.chain(() -> evicted < ScopeIndex.AT_ONCE
                    ? Uni.createFrom().item(holding)
                    : updateIndex(scope, List.of()));
        });
    }

    /** What was counted is not lost when a replica is stopped in peace. */
    void stop(@Observes ShutdownEvent stop) {
        flushAll().ifNoItem().after(FAREWELL).fail().onFailure().recoverWithNull().await().indefinitely();
    }
}
