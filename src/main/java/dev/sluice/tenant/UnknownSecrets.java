package dev.sluice.tenant;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Secrets that Redis does not know, remembered for a short time and in a bounded number, so that whoever sends the same
 * wrong secret again costs Redis nothing, and whoever sends many costs no memory.
 * <p>
 * Two generations: the young one takes what is new; when it is full or old, it becomes the old one, which is forgotten.
 */
final class UnknownSecrets {
    /** How long a generation is young; so an entry is remembered for this long to three times as long. */
    static final long GENERATION_NANOS = 5_000_000_000L;

    static final int MAX_ENTRIES = 20_000;

    private final LongSupplier nanoTime;
    private volatile Generations generations;

    private record Generations(Set<SecretHash> young, Set<SecretHash> old, long since) {}

    /** @param nanoTime a clock as {@link System#nanoTime()} */
    UnknownSecrets(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        clear();
    }

    boolean contains(SecretHash hash) {
        Generations now = turned(generations);
        return now.young.contains(hash) || now.old.contains(hash);
    }

    void add(SecretHash hash) {
        turned(generations).young.add(hash);
    }

    void clear() {
        generations = new Generations(ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet(),
                nanoTime.getAsLong());
    }

    int size() {
        Generations now = generations;
        return now.young.size() + now.old.size();
    }

    private Generations turned(Generations seen) {
        long age = nanoTime.getAsLong() - seen.since;
        if (age < GENERATION_NANOS && seen.young.size() < MAX_ENTRIES / 2) {
            return seen;
        }
        return turn(seen, age);
    }

    private synchronized Generations turn(Generations seen, long age) {
        if (generations == seen) {
            Set<SecretHash> old = age < 2 * GENERATION_NANOS ? seen.young : ConcurrentHashMap.newKeySet();
            generations = new Generations(ConcurrentHashMap.newKeySet(), old, nanoTime.getAsLong());
        }
        return generations;
    }
}
