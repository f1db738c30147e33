package dev.sluice.limit;

import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** How many replicas there are, which of them sweeps for all, and which tenants there are to sweep for. */
final class Replicas {
    /** Who has not been heard of for so long is gone. */
    static final long SILENT_MILLIS = 15_000;

    private static final Script REPLICAS = Script.named("replicas");

    private final SharedStore store;
    private final String self = UUID.randomUUID().toString();
    private final Set<String> tenants = ConcurrentHashMap.newKeySet();
    private volatile int count = 1;

    Replicas(SharedStore store) {
        this.store = store;
    }

    /** When last seen; at least 1. */
    int count() {
        return count;
    }

    /** Shows that this replica is there; whether it is the one that sweeps. */
    Uni<Boolean> appear() {
        return store.run(REPLICAS, List.of(store.keys().global("replicas")), List.of(self, SILENT_MILLIS))
                .map(answer -> {
                    count = Math.max(1, answer.get(0).toInteger());
                    return answer.get(1).toInteger() == 1;
                });
    }

    /** A replica that dies leaves leases; others have to know whose. */
    void seen(String tenant) {
        if (tenants.add(tenant)) {
            store.call(Command.SADD, store.keys().global("tenants"), tenant).subscribe().with(added -> {},
                    away -> tenants.remove(tenant));
        }
    }

    Uni<List<String>> tenants() {
        return store.call(Command.SMEMBERS, store.keys().global("tenants")).map(names -> {
            List<String> all = new ArrayList<>(names.size());
            names.forEach(name -> all.add(name.toString()));
            return all;
        });
    }
}
