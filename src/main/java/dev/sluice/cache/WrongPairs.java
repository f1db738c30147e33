package dev.sluice.cache;

import dev.sluice.config.Settings;
import dev.sluice.redis.ForCache;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Requests whose answers a client has reported as wrong for each other. The entry that was served is gone then, but either
 * of them will be stored again; neither answers the other until an entry of that time would have expired.
 */
@Singleton
final class WrongPairs {
    private final SharedStore store;
    private final long ttlMillis;

    @Inject
    WrongPairs(@ForCache SharedStore store, Settings settings) {
        this(store, settings.cache().ttl());
    }

    WrongPairs(SharedStore store, Duration ttl) {
        this.store = store;
        this.ttlMillis = ttl.toMillis();
    }

    Uni<Void> remember(String identity, String other) {
        return note(identity, other).chain(() -> note(other, identity));
    }

    private Uni<Void> note(String identity, String other) {
        String key = key(identity);
        return store.call(Command.SADD, key, other).chain(() -> store.call(Command.PEXPIRE, key, ttlMillis))
                .replaceWithVoid();
    }

    /** The identities whose answers do not answer this one. */
    Uni<Set<String>> of(Identity asked) {
        return store.call(Command.SMEMBERS, key(asked.value())).map(members -> {
            Set<String> identities = new HashSet<>();
            members.forEach(member -> identities.add(member.toString()));
            return identities;
        });
    }

    private String key(String identity) {
        return store.keys().entry(identity, "wrong");
    }
}
