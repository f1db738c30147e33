package dev.sluice;

import java.util.Locale;
import java.util.Optional;

/** How much depends on the answer, from least to most; the order of the constants is the order of the priorities. */
public enum Priority {
    LOW, MEDIUM, HIGH, CRITICAL;

    /** The priority of this name in lower case, as headers and configuration write it. */
    public static Optional<Priority> of(String name) {
        for (Priority priority : values()) {
            if (priority.toString().equals(name)) {
                return Optional.of(priority);
            }
        }
        return Optional.empty();
    }

    public Priority atMost(Priority bound) {
        return compareTo(bound) <= 0 ? this : bound;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
