package dev.sluice.cache;

import dev.sluice.redis.ForCache;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The entries' bytes in Redis, each under its identity. */
@Singleton
final class Entries {
    private static final int AT_ONCE = 256;
    /** Of a megabyte at most each. */
    private static final int FEW = 64;

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

    /** The entry, or the lease of whoever is making it; takes none. */
    Uni<Found> getOrSee(Identity identity) {
        String key = key(identity);
        return get(identity).map(bytes -> {
            Lease standing = bytes == null ? null : Lease.read(key, bytes);
            return standing == null ? new Found(bytes, null) : new Found(null, standing);
        });
    }

    Lease lease(Identity identity) {
        return leases.next(key(identity), "");
    }

    Uni<Void> put(Identity identity, byte[] bytes, long ttlMillis) {
        return store.call(Command.SET, key(identity.value()), bytes, "PX", ttlMillis).replaceWithVoid();
    }

    /** Null for each where there is none; some at a time, so that none waits for the bytes of all others. */
    Uni<List<byte[]>> getEach(List<Identity> identities) {
        return getEach(identities, new ArrayList<>(identities.size()));
    }

    private Uni<List<byte[]>> getEach(List<Identity> identities, List<byte[]> found) {
        if (found.size() == identities.size()) {
            return Uni.createFrom().item(found);
        }
        List<Uni<byte[]>> calls = new ArrayList<>();
        for (int i = found.size(); i < Math.min(found.size() + FEW, identities.size()); i++) {
            calls.add(get(identities.get(i)));
        }
        return Uni.join().all(calls).andFailFast().chain(some -> {
            found.addAll(some);
            return getEach(identities, found);
        });
    }

    /** As many bytes as identities; some at a time. */
    Uni<Void> putEach(List<Identity> identities, List<byte[]> bytes, long ttlMillis) {
        if (identities.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        int now = Math.min(FEW, identities.size());
        List<Uni<Void>> calls = new ArrayList<>(now);
        for (int i = 0; i < now; i++) {
            calls.add(put(identities.get(i), bytes.get(i), ttlMillis));
        }
        return Uni.join().all(calls).andFailFast().chain(() -> putEach(identities.subList(now, identities.size()),
                bytes.subList(now, bytes.size()), ttlMillis));
    }

    /** How many there were. */
    Uni<Long> delete(List<String> identities) {
        if (identities.isEmpty()) {
            return Uni.createFrom().item(0L);
        }
        List<String> now = identities.subList(0, Math.min(AT_ONCE, identities.size()));
        Object[] names = now.stream().map(this::key).toArray();
        return store.call(Command.DEL, names).map(Response::toLong)
                // The client of a cluster asks each node for its own. Where another client speaks to one, nobody does.
                .onFailure(Entries::isOfSeveralSlots).recoverWithUni(() -> deleteEach(names))
                .chain(count -> delete(identities.subList(now.size(), identities.size())).map(more -> count + more));
    }

    private Uni<Long> deleteEach(Object[] names) {
        List<Uni<Response>> calls = Arrays.stream(names).map(name -> store.call(Command.DEL, name)).toList();
        return Uni.join().all(calls).andFailFast()
                .map(answers -> answers.stream().mapToLong(Response::toLong).sum());
    }

    private static boolean isOfSeveralSlots(Throwable error) {
        return error instanceof ErrorType answer && answer.is("CROSSSLOT");
    }

    String key(Identity identity) {
        return key(identity.value());
    }

    private String key(String identity) {
        return CacheKeys.entry(store.keys(), identity);
    }
}
