package dev.sluice.embedding;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * A bounded queue that serves tenants in turn, each in the order in which it asked. When it is full, who has more waiting
 * than the newcomer gives up a place, the latest one; where nobody has more, the newcomer is turned away. Its bound may
 * change; who has a place already keeps it when it shrinks.
 */
final class FairQueue<T> {
    private final IntSupplier capacity;
    /** Only tenants that have something waiting; the first is the next to be served. */
    private final Map<String, ArrayDeque<T>> lines = new LinkedHashMap<>();
    private int size;

    FairQueue(IntSupplier capacity) {
        this.capacity = capacity;
    }

    /** Who has no place now: null, the newcomer itself, or who had to give way to it. */
    synchronized T offer(String tenant, T newcomer) {
        int places = capacity.getAsInt();
        T loser = size == places ? giveWay(tenant) : null;
        if (size >= places) {
            return newcomer;
        }
        lines.computeIfAbsent(tenant, name -> new ArrayDeque<>()).add(newcomer);
        size++;
        notify();
        return loser;
    }

    private T giveWay(String tenant) {
        Map.Entry<String, ArrayDeque<T>> longest = null;
        for (Map.Entry<String, ArrayDeque<T>> line : lines.entrySet()) {
            if (longest == null || line.getValue().size() > longest.getValue().size()) {
                longest = line;
            }
        }
        ArrayDeque<T> own = lines.get(tenant);
        if (longest == null || longest.getValue().size() <= (own == null ? 0 : own.size()) + 1) {
            return null;
        }
        size--;
        return longest.getValue().removeLast();
    }

    synchronized boolean isEmpty() {
        return size == 0;
    }

    /** Waits for somebody to serve. */
    synchronized T take() throws InterruptedException {
        while (size == 0) {
            wait();
        }
        return poll();
    }

    /** Null where nobody waits. */
    synchronized T poll() {
        if (size == 0) {
            return null;
        }
        String tenant = lines.keySet().iterator().next();
        ArrayDeque<T> line = lines.remove(tenant);
        T next = line.poll();
        if (!line.isEmpty()) {
            lines.put(tenant, line);
        }
        size--;
        return next;
    }
}
