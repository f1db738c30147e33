package dev.sluice.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Reply.Refusal;
import dev.sluice.config.Settings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PausesTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-24T03:00:00Z"), ZoneOffset.UTC);
    private static final Settings.Retry RETRY = new Settings.Retry(9, Duration.ofSeconds(1), Duration.ofSeconds(30));

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
            "1                             | -    | 1000",
            "0                             | -    | 0",
            "1.5                           | -    | 1500",
            "7                             | 6500 | 6500",
            "-                             | 12.3 | 13",
            "Tue, 24 Nov 2026 03:00:05 GMT | -    | 5000",
            "Tue, 24 Nov 2026 02:00:00 GMT | -    | 0",
            "5                             | soon | 5000",
            "1e999                         | -    | 9223372036854775807",
    })
    void whatTheProviderAsksForIsUnderstood(String seconds, String millis, long expected) {
        assertThat(RetryAfter.millis(response(seconds, millis), CLOCK)).hasValue(expected);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = { "-,-", "later,-", "-1,-", "NaN,-", "'',x"})
    void whatCannotBeUnderstoodAsksForNothing(String seconds, String millis) {
        assertThat(RetryAfter.millis(response(seconds, millis), CLOCK)).isEmpty();
    }

    @Test
    void headersSayWholeSecondsRoundedUp() {
        assertThat(RetryAfter.seconds(0)).isEqualTo(1);
        assertThat(RetryAfter.seconds(1001)).isEqualTo(2);
    }

    @Test
    void pausesDoubleUpToTheLongest() {
        // given
        Backoff backoff = new Backoff(RETRY, () -> 1);

        // when, then
        for (long expected : new long[]{ 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000}) {
            assertThat(backoff.nextDelayInMillis(failure(OptionalLong.empty()))).isEqualTo(expected);
        }
    }

    @Test
    void jitterIsFull() {
        assertThat(new Backoff(RETRY, () -> 0).nextDelayInMillis(failure(OptionalLong.empty()))).isZero();
    }

    @Test
    void neverSoonerThanAskedFor() {
        assertThat(new Backoff(RETRY, () -> 0.5).nextDelayInMillis(failure(OptionalLong.of(700)))).isEqualTo(700);
        assertThat(new Backoff(RETRY, () -> 0.5).nextDelayInMillis(failure(OptionalLong.of(100)))).isEqualTo(500);
    }

    private static CallFailed failure(OptionalLong pause) {
        return CallFailed.forNow(Refusal.of(502, "t", "c", "m"), Outcome.SERVER_ERROR, pause);
    }

    private static Transport.Response response(String retryAfter, String retryAfterMs) {
        return new Transport.Response(429, null, retryAfter, retryAfterMs, new byte[0]);
    }
}
