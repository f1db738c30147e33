package dev.sluice.http;

import dev.sluice.Caller;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.ledger.Dimension;
import dev.sluice.ledger.UsageQuery;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The query parameters of the usage resources. Days are UTC; {@code to} is today where it is not given, {@code from} the
 * same day as {@code to}.
 */
public record UsageParameters(Optional<LocalDate> from, Optional<LocalDate> to, List<Dimension> groups) {

    private static final int MAX_DAYS = 400;
    private static final int FIRST_YEAR = 1970;
    private static final int LAST_YEAR = 9999;

    /** Fails with {@link Refused} (400) for what is no day, and for groups that are not allowed here. */
    public static UsageParameters read(String from, String to, String group, Set<Dimension> allowed) {
        return new UsageParameters(day("from", from), day("to", to), groups(group, allowed));
    }

    /** Fails with {@link Refused} (400) for days in the wrong order, and for too many. */
    public UsageQuery query(LocalDate today, Optional<Caller> only) {
        LocalDate last = to.orElse(today);
        LocalDate first = from.orElse(last);
        if (last.isBefore(first)) {
            throw refused("from", "The first day, " + first + ", is after the last, " + last + ".");
        }
        if (ChronoUnit.DAYS.between(first, last) >= MAX_DAYS) {
            throw refused("from", "At most " + MAX_DAYS + " days can be asked for at a time.");
        }
        return new UsageQuery(first, last, groups, only);
    }

    private static Optional<LocalDate> day(String name, String text) {
        if (text == null || text.isEmpty()) {
            return Optional.empty();
        }
        try {
            LocalDate day = LocalDate.parse(text);
            // Java also reads years of nine digits, whose next day does not exist.
            if (day.getYear() >= FIRST_YEAR && day.getYear() <= LAST_YEAR) {
                return Optional.of(day);
            }
        } catch (DateTimeParseException e) {
            // refused below
        }
        throw refused(name, "The parameter " + name + " is not a day such as 2026-11-23.");
    }

    private static List<Dimension> groups(String text, Set<Dimension> allowed) {
        List<Dimension> groups = new ArrayList<>();
        if (text == null || text.isEmpty()) {
            return groups;
        }
        for (String name : text.split(",", -1)) {
            Dimension group = Dimension.of(name.strip()).filter(allowed::contains).orElseThrow(() -> refused("group",
                    "The parameter group lists what is none of " + names(allowed) + "."));
            if (!groups.contains(group)) {
                groups.add(group);
            }
        }
        return groups;
    }

    private static String names(Set<Dimension> allowed) {
        return String.join(", ", Arrays.stream(Dimension.values()).filter(allowed::contains).map(Dimension::toString)
                .toList());
    }

    private static Refused refused(String parameter, String message) {
        return new Refused(Refusal.invalid(parameter, message));
    }
}
