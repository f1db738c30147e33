package dev.sluice.ledger;

import dev.sluice.redis.SharedStore;
import dev.sluice.redis.StoreUnavailable;
import dev.sluice.redis.Script;
import io.smallrye.mutiny.Uni;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Figures of one tenant on their way to Redis: an open batch that takes what is counted now, and closed ones that are
 * written in order, one at a time, each again until Redis has said that it is counted.
 */
final class TenantBook {
    private static final Logger LOG = Logger.getLogger(TenantBook.class);
    private static final Script ACCOUNT = Script.named("account");
    /** Rows in one write: Redis serves nobody else meanwhile. */
    private static final int MAX_BATCH_ROWS = 500;
    /** While Redis is away a batch goes on taking figures for so long: that much the day of a row may be off by. */
    private static final long MAX_SPAN_NANOS = 60_000_000_000L;

    private final SharedStore store;
    private final List<String> keys;
    private final LongSupplier clock;
    private final Capacity capacity;
    private final Deque<Batch> closed = new ArrayDeque<>();
    private long batches;
    private Batch open;
    private CompletableFuture<Void> draining;

    TenantBook(SharedStore store, String tenant, String replica, LongSupplier clock, Capacity capacity) {
        this.store = store;
        this.keys = List.of(store.keys().tenant(tenant, "usage:"), store.keys().tenant(tenant, "replica:" + replica));
        this.clock = clock;
        this.capacity = capacity;
    }

    synchronized void add(Row row, Figures figures) {
        if (open == null) {
            open = new Batch(++batches, clock.getAsLong());
        }
        if (!open.holds(row) && !capacity.takeRow()) {
            capacity.dropped(figures.get(Metric.REQUESTS));
            return;
        }
        open.add(row, figures);
        if (open.size() >= MAX_BATCH_ROWS) {
            close();
        }
    }

    /** Writes what has been waiting, unless a write is on its way. */
    void tick() {
        synchronized (this) {
            if (open != null && (closed.isEmpty() || open.ageNanos(clock.getAsLong()) >= MAX_SPAN_NANOS)) {
                close();
            }
        }
        drain().subscribe().with(done -> {}, unavailable -> {});
    }

    /** Completes when all that was added before is counted in Redis; fails with {@link StoreUnavailable}. */
    Uni<Void> flush() {
        synchronized (this) {
            close();
        }
        return drain();
    }

    /** Requests that are not known to be counted. */
    synchronized long waiting() {
        long requests = open == null ? 0 : open.requests();
        for (Batch batch : closed) {
            requests += batch.requests();
        }
        return requests;
    }

    private void close() {
        if (open != null && open.size() > 0) {
            closed.add(open);
            open = null;
        }
    }

    private Uni<Void> drain() {
        CompletableFuture<Void> done;
        synchronized (this) {
            if (draining != null) {
                return Uni.createFrom().completionStage(draining);
            }
            if (closed.isEmpty()) {
                return Uni.createFrom().voidItem();
            }
            draining = new CompletableFuture<>();
            done = draining;
        }
        writeNext();
        return Uni.createFrom().completionStage(done);
    }

    private void writeNext() {
        Batch next;
        CompletableFuture<Void> done = null;
        synchronized (this) {
            next = closed.peek();
            if (next == null) {
                done = draining;
                draining = null;
            }
        }
        if (done != null) {
            done.complete(null);
            return;
        }
        store.run(ACCOUNT, keys, next.arguments(clock.getAsLong())).subscribe().with(counted -> written(next),
                error -> failed(next, error));
    }

    private void written(Batch batch) {
        synchronized (this) {
            closed.remove(batch);
        }
        capacity.freeRows(batch.size());
        writeNext();
    }

    private void failed(Batch batch, Throwable error) {
        if (!(error instanceof StoreUnavailable)) {
            // Redis has answered, and would answer the same again: what cannot be written must not hold up the rest.
            LOG.errorf("Redis refused the accounts of %d requests: %s", batch.requests(), error.getMessage());
            capacity.dropped(batch.requests());
            written(batch);
            return;
        }
        CompletableFuture<Void> done;
        synchronized (this) {
            done = draining;
            draining = null;
        }
        done.completeExceptionally(error);
    }
}
