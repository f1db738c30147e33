package dev.sluice.upstream;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.OptionalLong;

/** How long a provider asks to be left alone: {@code retry-after-ms}, else {@code Retry-After} (RFC 9110, 10.2.3). */
final class RetryAfter {
    private static final long MILLIS = 1000;

    private RetryAfter() {
    }

    /** Milliseconds from now, at least 0; empty where nothing that can be understood was said. */
    static OptionalLong millis(Transport.Response response, Clock clock) {
        OptionalLong exact = number(response.retryAfterMs(), 1);
        if (exact.isPresent() || response.retryAfter() == null) {
            return exact;
        }
        OptionalLong seconds = number(response.retryAfter(), MILLIS);
        return seconds.isPresent() ? seconds : untilDate(response.retryAfter().strip(), clock);
    }

    private static OptionalLong number(String text, long factor) {
        if (text == null) {
            return OptionalLong.empty();
        }
        try {
            double millis = Double.parseDouble(text.strip()) * factor;
            return millis >= 0 ? OptionalLong.of((long) Math.ceil(millis)) : OptionalLong.empty();
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static OptionalLong untilDate(String text, Clock clock) {
        try {
            ZonedDateTime then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
            return OptionalLong.of(Math.max(0, Duration.between(clock.instant(), then.toInstant()).toMillis()));
        } catch (DateTimeException | ArithmeticException e) {
            return OptionalLong.empty();
        }
    }

    /** As a header says it: whole seconds, rounded up, because too early is no use. */
    static long seconds(long millis) {
        return Math.max(1, (millis + MILLIS - 1) / MILLIS);
    }
}
