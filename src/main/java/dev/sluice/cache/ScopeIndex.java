package dev.sluice.cache;

import dev.sluice.config.Settings;
import dev.sluice.redis.ForCache;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Response;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;

/** Which entries each scope has, in Redis: what tells how many there are, which goes first, and what a purge removes. */
@Singleton
final class ScopeIndex {
    private static final Script UPDATE = Script.named("cache_index");
    private static final Script PURGE = Script.named("cache_purge");

    /** Entries that one run forgets at most of each kind; Redis works about 5 ms on them. */
    static final int AT_ONCE = 1_000;

    private final SharedStore store;
    private final int maxEntries;

    @Inject
    ScopeIndex(@ForCache SharedStore store, Settings settings) {
        this(store, settings.cache().maxEntries());
    }

    ScopeIndex(SharedStore store, int maxEntries) {
        this.store = store;
        this.maxEntries = maxEntries;
    }

    /** What a scope holds, and the identities of what had to go. */
    record Holding(long entries, long bytes, List<String> evicted) {
        Holding plus(Holding other) {
            return new Holding(entries + other.entries, bytes + other.bytes, List.of());
        }
    }

    /** Where a purge goes on, {@code "0"} when it is done, and the identities it found. */
    record Stretch(String cursor, List<String> identities) {}

    Uni<Holding> update(Scope scope, List<Note> notes, long nowNanos) {
        List<Object> arguments = new ArrayList<>(2 + 5 * notes.size());
        arguments.add(maxEntries);
        arguments.add(AT_ONCE);
        for (Note note : notes) {
            arguments.add(note.identity());
            arguments.add(Math.max(0, nowNanos - note.nanos()) / 1_000);
            arguments.add(note.ttlMicros());
            arguments.add(note.bytes());
            arguments.add(note.model() + "|" + note.tenant());
        }
        return store.run(UPDATE, scope.indexKeys(store.keys()), arguments)
                .map(answer -> new Holding(answer.get(0).toLong(), answer.get(1).toLong(), texts(answer, 2)));
    }

    /** Forgets this one, if the index knows it and it fits; empty names fit all. */
    Uni<Boolean> forget(Scope scope, String identity, String tenant, String model) {
        return store.run(PURGE, scope.indexKeys(store.keys()), List.of(identity, tenant, model, "0", "0"))
                .map(answer -> answer.size() > 1);
    }

    /** Forgets what fits among the next thousand or so. */
    Uni<Stretch> sweep(Scope scope, String tenant, String model, String cursor) {
        return store.run(PURGE, scope.indexKeys(store.keys()), List.of("", tenant, model, cursor, AT_ONCE))
                .map(answer -> new Stretch(answer.get(0).toString(), texts(answer, 1)));
    }

    private static List<String> texts(Response answer, int from) {
        List<String> texts = new ArrayList<>(answer.size() - from);
        for (int i = from; i < answer.size(); i++) {
            texts.add(answer.get(i).toString());
        }
        return texts;
    }
}
