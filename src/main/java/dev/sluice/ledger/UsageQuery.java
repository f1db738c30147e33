package dev.sluice.ledger;

import dev.sluice.Caller;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/**
 * Which part of the accounts to show, and how.
 *
 * @param from the first day, UTC
 * @param to the last day, UTC; not before the first
 * @param groups a row for each combination of these that occurs; the rows are sorted in this order
 * @param only the key whose figures are meant; empty: all keys of all tenants
 */
public record UsageQuery(LocalDate from, LocalDate to, List<Dimension> groups, Optional<Caller> only) {

    public UsageQuery {
        if (to.isBefore(from)) {
            throw new IllegalArgumentException("the last day " + to + " is before the first, " + from);
        }
    }
}
