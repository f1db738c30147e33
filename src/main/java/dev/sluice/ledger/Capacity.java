package dev.sluice.ledger;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** How many rows may wait for Redis in this replica, over all tenants; what does not fit is counted and lost. */
final class Capacity {
    private final AtomicInteger free;
    private final Counter dropped;

    Capacity(int rows, MeterRegistry meters) {
        this.free = new AtomicInteger(rows);
        this.dropped = Counter.builder("sluice.accounts.dropped")
                .description("Requests missing in the accounts, because Redis was away for too long")
                .register(meters);
    }

    boolean takeRow() {
        if (free.decrementAndGet() >= 0) {
            return true;
        }
        free.incrementAndGet();
        return false;
    }

    void freeRows(int rows) {
        free.addAndGet(rows);
    }

    void dropped(long requests) {
        dropped.increment(requests);
    }
}
