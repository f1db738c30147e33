package dev.sluice.embedding;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * A line for each tenant, served in turn. When there is no place left, who has more waiting than the newcomer gives one up,
 * the latest; where nobody has more, the newcomer is turned away. The number of places may change; who has one already keeps
 * it when there are fewer. For one thread at a time.
 */
final class Lines<T> {
    private final IntSupplier places;
    /** Only tenants that have something waiting; the first is the next to be served. */
    private final Map<String, ArrayDeque<T>> lines = new LinkedHashMap<>();
    private int size;

    Lines(IntSupplier places) {
        this.places = places;
    }

    /** Who has no place now: null, the newcomer itself, or who had to give way to it. */
    T offer(String tenant, T newcomer) {
        int most = places.getAsInt();
        T loser = size == most ? giveWay(tenant) : null;
        if (size >= most) {
            return newcomer;
        }
        lines.computeIfAbsent(tenant, name -> new ArrayDeque<>()).add(newcomer);
        size++;
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

    boolean isEmpty() {
        return size == 0;
    }

    /** Null where nobody waits. */
    T poll() {
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
