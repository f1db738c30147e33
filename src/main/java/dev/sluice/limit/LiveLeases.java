package dev.sluice.limit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** The leases of calls that run on this replica, renewed together: a timer for each would cost more than the calls. */
final class LiveLeases {
    /** Two renewals may fail before a lease is lost. */
    static final long RENEW_AFTER_MILLIS = LimitStore.LEASE_MILLIS / 3;
    private static final int RENEWED_AT_ONCE = 500;

    private final LimitStore store;
    private final LongSupplier millis;
    /** By id. */
    private final Map<String, Held> held = new ConcurrentHashMap<>();

    LiveLeases(LimitStore store, LongSupplier millis) {
        this.store = store;
        this.millis = millis;
    }

    private record Held(Holder holder, long renewedAtMillis) {}

    void add(Holder holder, String id) {
        held.put(id, new Held(holder, millis.getAsLong()));
    }

    void remove(String id) {
        held.remove(id);
    }

    int size() {
        return held.size();
    }

    /** Renews what is older than {@link #RENEW_AFTER_MILLIS}. */
    void sweep() {
        long now = millis.getAsLong();
        Map<String, List<String>> ids = new HashMap<>();
        Map<String, Holder> holders = new HashMap<>();
        held.forEach((id, lease) -> {
            if (now - lease.renewedAtMillis() >= RENEW_AFTER_MILLIS) {
                held.computeIfPresent(id, (same, old) -> new Held(old.holder(), now));
                ids.computeIfAbsent(lease.holder().base(), base -> new ArrayList<>()).add(id);
                holders.putIfAbsent(lease.holder().base(), lease.holder());
            }
        });
        ids.forEach((base, due) -> {
            for (int from = 0; from < due.size(); from += RENEWED_AT_ONCE) {
                store.renew(holders.get(base), due.subList(from, Math.min(due.size(), from + RENEWED_AT_ONCE)));
            }
        });
    }
}
