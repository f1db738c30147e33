package dev.sluice.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Figures of one tenant that go to Redis in one write, under a number that makes the write safe to repeat. */
final class Batch {
    private static final Metric[] METRICS = Metric.values();

    private final long number;
    private final long openedNanos;
    private final Map<Row, Figures> rows = new HashMap<>();

    Batch(long number, long openedNanos) {
        this.number = number;
        this.openedNanos = openedNanos;
    }

    boolean holds(Row row) {
        return rows.containsKey(row);
    }

    void add(Row row, Figures figures) {
        Figures known = rows.putIfAbsent(row, figures);
        if (known != null) {
            known.add(figures);
        }
    }

    int size() {
        return rows.size();
    }

    long requests() {
        long requests = 0;
        for (Figures figures : rows.values()) {
            requests += figures.get(Metric.REQUESTS);
        }
        return requests;
    }

    long ageNanos(long nowNanos) {
        return nowNanos - openedNanos;
    }

    /** For account.lua, as of now: a batch that waited for Redis to return is older than when it was first sent. */
    List<String> arguments(long nowNanos) {
        List<String> arguments = new ArrayList<>();
        arguments.add(Long.toString(number));
        arguments.add(Long.toString(ageNanos(nowNanos) / 1_000_000));
        rows.forEach((row, figures) -> {
            for (Metric metric : METRICS) {
                long amount = figures.get(metric);
                if (amount != 0) {
                    arguments.add(row.field(metric));
                    arguments.add(Long.toString(amount));
                }
            }
        });
        return arguments;
    }
}
