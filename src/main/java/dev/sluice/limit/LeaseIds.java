package dev.sluice.limit;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** Names of leases: a random part for the replica, drawn at the start, and a number. */
final class LeaseIds {
    private static final int RADIX = 36;

    private final String replica = Long.toString(UUID.randomUUID().getMostSignificantBits() >>> 1, RADIX) + "-";
    private final AtomicLong last = new AtomicLong();

    String next() {
        return replica + Long.toString(last.incrementAndGet(), RADIX);
    }
}
