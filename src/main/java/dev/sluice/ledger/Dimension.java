package dev.sluice.ledger;

import java.util.Locale;
import java.util.Optional;

/** What usage can be broken down by. */
public enum Dimension {
    DAY, TENANT, KEY, MODEL;

    /** The dimension of this name in lower case. */
    public static Optional<Dimension> of(String name) {
        for (Dimension dimension : values()) {
            if (dimension.toString().equals(name)) {
                return Optional.of(dimension);
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
