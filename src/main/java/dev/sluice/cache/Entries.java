package dev.sluice.cache;

import dev.sluice.redis.ForCache;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;

/** The entries' bytes in Redis, each under its identity. */
@Singleton
final class Entries {
    private static final int AT_ONCE = 256;

    private final SharedStore store;
    private final Leases leases;

    Entries(@ForCache SharedStore store, Leases leases) {
        this.store = store;
        this.leases = leases;
    }

    boolean available() {
        return store.available();
    }

    /** Null where there is none. */
    Uni<byte[]> get(Identity identity) {
        return store.call(Command.GET, key(identity.value())).map(found -> found == null ? null : found.toBytes());
    }

    /** What a look-up for who asks found: neither where nobody is asking and no lease was wanted. */
    record Found(byte[] bytes, Lease lease) {}

    /**
     * The entry; where there is none, the lease to make it: this one, which is put there, or whosever it is. One trip
     * like {@link #get}.
     */
    Uni<Found> getOrClaim(Lease lease) {
        return leases.find(lease).map(found -> {
            Lease standing = found == null ? lease : Lease.read(lease.key(), found);
            return standing == null ? new Found(found, null) : new Found(null, standing);
        });
    }

    Lease lease(Identity identity) {
        return leases.next(key(identity), "");
    }

    Uni<Void> put(Identity identity, byte[] bytes, long ttlMillis) {
        return store.call(Command.SET, key(identity.value()), bytes, "PX", ttlMillis).replaceWithVoid();
    }

    /** How many there were. Each on its own: in a cluster they live on different nodes. */
    Uni<Long> delete(List<String> identities) {
        if (identities.isEmpty()) {
            return Uni.createFrom().item(0L);
        }
        List<String> now = identities.subList(0, Math.min(AT_ONCE, identities.size()));
        List<Uni<Response>> calls = new ArrayList<>(now.size());
        now.forEach(identity -> calls.add(store.call(Command.UNLINK, key(identity))));
        Uni<Long> removed = Uni.join().all(calls).andFailFast()
                .map(answers -> answers.stream().mapToLong(Response::toLong).sum());
        return removed.chain(count -> delete(identities.subList(now.size(), identities.size()))
                .map(more -> count + more));
    }

    String key(Identity identity) {
        return key(identity.value());
    }

    private String key(String identity) {
        return CacheKeys.entry(store.keys(), identity);
    }
}
