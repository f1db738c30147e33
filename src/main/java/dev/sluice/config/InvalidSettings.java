package dev.sluice.config;

import java.util.List;

/** The configuration cannot be used; the message has one line per fault. */
public final class InvalidSettings extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient List<String> faults;

    InvalidSettings(List<String> faults) {
        super(String.join(System.lineSeparator(), faults), null, false, false);
        this.faults = List.copyOf(faults);
    }

    public List<String> faults() {
        return faults;
    }
}
