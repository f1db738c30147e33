package dev.sluice.cache;

import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import java.util.ArrayList;
import java.util.List;

/** When the vectors of a partition were last hit and when they expire, so that the right ones go. */
final class PartitionBooks {
    private static final Script BOOKS = Script.named("semantic_books");

    /** A vector comes at a time: one goes for it, and some that have expired. */
    private static final int AT_ONCE = 16;

    private final SharedStore store;
    private final String kind;
    private final int maxEntries;

    /** @param kind of the index: two kinds of a partition have nothing in common */
    PartitionBooks(SharedStore store, String kind, int maxEntries) {
        this.store = store;
        this.kind = kind;
        this.maxEntries = maxEntries;
    }

    String vectors(String partition) {
        return key(partition, "vectors");
    }

    private String key(String partition, String part) {
        return store.keys().partition(partition, kind + ":" + part);
    }

    /** Whose vectors have to go. */
    Uni<List<String>> added(String partition, String identity, long expiresAt) {
        return store.run(BOOKS, List.of(key(partition, "hits"), key(partition, "expiry"), vectors(partition)),
                List.of(identity, expiresAt, maxEntries, AT_ONCE)).map(answer -> {
                    List<String> gone = new ArrayList<>(answer.size());
                    answer.forEach(identityGone -> gone.add(identityGone.toString()));
                    return gone;
                });
    }

    Uni<Void> hit(String partition, String identity, long at) {
        return store.call(Command.ZADD, key(partition, "hits"), "XX", "GT", at, identity).replaceWithVoid();
    }

    Uni<Void> removed(String partition, List<String> identities) {
        return Uni.join().all(store.call(Command.ZREM, arguments(key(partition, "hits"), identities)),
                store.call(Command.ZREM, arguments(key(partition, "expiry"), identities))).andFailFast()
                .replaceWithVoid();
    }

    static Object[] arguments(String key, List<String> more) {
        List<Object> arguments = new ArrayList<>(1 + more.size());
        arguments.add(key);
        arguments.addAll(more);
        return arguments.toArray();
    }
}
