package dev.sluice.cache;

import dev.sluice.Money;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
    private static final int LOT = 512;
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

    void hit(Note note, Money saved) {
        totals.add(Tally.EXACT_HITS, 1);
        totals.add(Tally.SAVED_NANOS, saved.nanos());
        note(note);
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
                flushNow();
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
        if (!notes.isEmpty() || totals.pending()) {
            flushLater();
        }
    }

    /** Everything that has happened so far is told; fails when Redis cannot be told. */
    Uni<Void> flushAll() {
        return flush().chain(() -> notes.isEmpty() ? totals.flush() : flushAll());
    }

    private Uni<Void> flush() {
        return Uni.createFrom().deferred(() -> {
            Lot lot = take();
            List<Uni<Void>> writes = new ArrayList<>();
            lot.byScope.forEach((scope, events) -> writes.add(updateIndex(scope, events.values())));
            lot.byTenant.forEach((tenant, events) -> writes.add(requests.remember(tenant, events)));
            totals.add(lot.byScope.keySet(), lot.byTenant.keySet());
            Uni<Void> told = writes.isEmpty()
                    ? Uni.createFrom().voidItem()
                    : Uni.join().all(writes).andCollectFailures().replaceWithVoid();
            return told.onFailure().invoke(() -> putBack(lot)).chain(totals::flush);
        });
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

    private Uni<Void> updateIndex(Scope scope, Collection<Note> events) {
        return index.update(scope, List.copyOf(events), System.nanoTime()).chain(holding -> {
            int evicted = holding.evicted().size();
            if (evicted == 0) {
                return Uni.createFrom().voidItem();
            }
            evictions.increment(evicted);
            totals.add(Tally.EVICTIONS, evicted);
            Uni<Void> deleted = entries.delete(holding.evicted()).replaceWithVoid();
            return evicted < ScopeIndex.AT_ONCE ? deleted : deleted.chain(() -> updateIndex(scope, List.of()));
        });
    }

    /** What was counted is not lost when a replica is stopped in peace. */
    void stop(@Observes ShutdownEvent stop) {
        flushAll().ifNoItem().after(FAREWELL).fail().onFailure().recoverWithNull().await().indefinitely();
    }
}
