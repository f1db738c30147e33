package dev.sluice.tenant;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;

/** Keeps what this replica remembers of the keys as Redis has it. */
@Singleton
final class KeyRefresh {
    /** Records that are read at a time: a few hundred microseconds of Redis' and of the event loop's time. */
    private static final int BATCH = 100;
    private static final long UNSEEN = -1;

    private final KeyStore store;
    private final KeyMemory memory;
    private volatile long seen = UNSEEN;

    KeyRefresh(KeyStore store, KeyMemory memory) {
        this.store = store;
        this.memory = memory;
    }

    /**
     * A change was heard of. Redis reads again what it touched, and everything when an earlier change was missed. Who is
     * told late of a change that a comparison has found already has missed nothing.
     */
    Uni<Void> told(long before, long after, String name) {
        memory.changed();
        if (after > seen) {
            if (before != seen) {
                return check();
            }
            seen = after;
        }
        return read(List.of(name)).onFailure().invoke(() -> seen = UNSEEN);
    }

    /**
     * Asks whether there was any change that was not heard of, and if so, reads everything again. Changes that are heard of
     * meanwhile follow on this version, so that where many come at once they are not a reason to read everything for each.
     */
    Uni<Void> check() {
        return store.version().flatMap(version -> {
            if (version == seen) {
                return Uni.createFrom().voidItem();
            }
            memory.changed();
            seen = version;
            return Multi.createFrom().iterable(batches(memory.names())).onItem()
                    .transformToUniAndConcatenate(this::read)
                    .onItem().ignoreAsUni()
                    .onFailure().invoke(() -> seen = UNSEEN);
        });
    }

    private static List<List<String>> batches(List<String> names) {
        List<List<String>> batches = new ArrayList<>();
        for (int i = 0; i < names.size(); i += BATCH) {
            batches.add(names.subList(i, Math.min(names.size(), i + BATCH)));
        }
        return batches;
    }

    /** Reads these again; what is no longer there is forgotten. */
    Uni<Void> read(List<String> names) {
        return store.changes(names, memory::version).invoke(changes -> {
            changes.changed().forEach(memory::put);
            changes.gone().forEach(memory::remove);
        }).replaceWithVoid();
    }
}
