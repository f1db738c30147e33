package dev.sluice.ledger;

import dev.sluice.redis.SharedStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Usage by day, tenant, key and model, shared through Redis. Figures are added up here and written every
 * {@link #FLUSH_INTERVAL}, one script call per tenant; nobody waits for it. While Redis is away they are kept, up to
 * {@link #MAX_ROWS} rows, and written on its return; a write that timed out but happened is not counted twice.
 */
@Singleton
public final class Accounts {
    /** So much later than its reply at most a request shows in the figures that another replica reads. */
    static final Duration FLUSH_INTERVAL = Duration.ofMillis(200);
    static final int MAX_ROWS = 50_000;
    private static final Logger LOG = Logger.getLogger(Accounts.class);
    private static final Duration SHUTDOWN_PATIENCE = Duration.ofSeconds(2);
    /** A Redis that lost its data learns the tenants again within this time. */
    private static final long ANNOUNCE_NANOS = Duration.ofMinutes(1).toNanos();
    /** Before the connections are closed. */
    private static final int EARLY = 100;

    private final Vertx vertx;
    private final SharedStore store;
    private final LongSupplier clock;
    private final Capacity capacity;
    private final String replica = UUID.randomUUID().toString();
    private final Map<String, TenantBook> books = new ConcurrentHashMap<>();
    private final Set<String> announced = ConcurrentHashMap.newKeySet();
    private volatile long announcedNanos;
    private long timer;

    @Inject
    Accounts(Vertx vertx, SharedStore store, MeterRegistry meters) {
        this(vertx, store, System::nanoTime, new Capacity(MAX_ROWS, meters));
    }

    Accounts(Vertx vertx, SharedStore store, LongSupplier clock, Capacity capacity) {
        this.vertx = vertx;
        this.store = store;
        this.clock = clock;
        this.capacity = capacity;
        this.announcedNanos = clock.getAsLong();
    }

    void start(@Observes StartupEvent start) {
        timer = vertx.setPeriodic(FLUSH_INTERVAL.toMillis(), fired -> tick());
    }

    void stop(@Observes @Priority(EARLY) ShutdownEvent stop) {
        vertx.cancelTimer(timer);
        try {
            flush().await().atMost(SHUTDOWN_PATIENCE);
        } catch (TimeoutException e) {
            // what that means is said below
        }
        long lost = waiting();
        if (lost > 0) {
            LOG.warnf("The accounts of %d requests are lost: Redis could not be reached.", lost);
        }
    }

    /** Requests that are not known to be counted in Redis. */
    long waiting() {
        long requests = 0;
        for (TenantBook book : books.values()) {
            requests += book.waiting();
        }
        return requests;
    }

    /** Counts nothing, but makes the tenant one whose figures are looked for. */
    void mention(String tenant) {
        book(tenant);
    }

    void add(String tenant, Row row, Figures figures) {
        book(tenant).add(row, figures);
    }

    private TenantBook book(String tenant) {
        TenantBook book = books.get(tenant);
        return book != null
                ? book
                : books.computeIfAbsent(tenant, name -> new TenantBook(store, name, replica, clock, capacity));
    }

    void tick() {
        if (clock.getAsLong() - announcedNanos > ANNOUNCE_NANOS) {
            announcedNanos = clock.getAsLong();
            announced.clear();
        }
        announce().subscribe().with(done -> {});
        books.values().forEach(TenantBook::tick);
    }

    /** Completes when all that this replica counted so far has been written, or could not be. */
    public Uni<Void> flush() {
        Context caller = vertx.getOrCreateContext();
        List<Uni<Void>> writes = new ArrayList<>();
        writes.add(announce());
        books.values().forEach(book -> writes.add(book.flush().onFailure().recoverWithNull()));
        return Uni.join().all(writes).andCollectFailures().replaceWithVoid()
                .emitOn(task -> caller.runOnContext(ignored -> task.run()));
    }

    /** The set of tenants lives on a node of its own, so it cannot be part of the script. Never fails: it is repeated. */
    private Uni<Void> announce() {
        if (announced.size() == books.size()) {
            return Uni.createFrom().voidItem();
        }
        List<String> names = new ArrayList<>(books.keySet());
        names.removeAll(announced);
        List<Object> arguments = new ArrayList<>();
        arguments.add(store.keys().global("tenants"));
        arguments.addAll(names);
        return store.call(Command.SADD, arguments.toArray()).invoke(() -> announced.addAll(names))
                .onFailure().recoverWithNull().replaceWithVoid();
    }
}
