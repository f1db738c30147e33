package dev.sluice.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Everything that is wrong with a configuration, one line each, in the order in which it was found. */
final class Faults {
    private final List<String> lines = new ArrayList<>();

    /** A value that cannot be used; never a secret's. */
    void add(String key, String value, String expected) {
        lines.add(key + "=" + value + ": expected " + expected);
    }

    /** A fault without a value to show. */
    void add(String key, String sentence) {
        lines.add(key + ": " + sentence);
    }

    List<String> lines() {
        return Collections.unmodifiableList(lines);
    }
}
