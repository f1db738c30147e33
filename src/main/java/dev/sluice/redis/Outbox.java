package dev.sluice.redis;

import java.util.List;

/**
 * Writes that nobody waits for: bounded, in order per key, kept while Redis is away and repeated when it returns. Each
 * must be a script that is safe to repeat.
 */
public final class Outbox {
    private final SharedStore store;

    public Outbox(SharedStore store) {
        this.store = store;
    }

    /** Takes the write and returns at once; when the box is full the write is dropped and counted. */
    public void post(Script script, List<String> keys, List<?> arguments) {
        store.run(script, keys, arguments).subscribe().with(done -> {}, lost -> {});
    }
}
