package dev.sluice.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Money;
import dev.sluice.Quota;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class LocalRatesTest {
    private final LocalRates rates = new LocalRates();

    private static Holder holder(long requests, long tokens, long burst) {
        return new Holder("base", "k", new TenantZone(ZoneOffset.UTC, Clock.systemUTC()),
                List.of(new Scope("key:k", new Quota(requests, tokens, burst, Money.ZERO, Money.ZERO))));
    }

    @Test
    void aReplicaGrantsItsShare() {
        Holder holder = holder(60, 0, 10);

        for (int i = 0; i < 2; i++) {
            assertThat(rates.take(holder, 1, 5, 0)).isZero();
        }

        assertThat(rates.take(holder, 1, 5, 0)).as("a fifth of one a second").isEqualTo(5_000);
        assertThat(rates.take(holder, 1, 5, 4_999)).isEqualTo(1);
        assertThat(rates.take(holder, 1, 5, 5_000)).isZero();
    }

    @Test
    void aShareIsNeverLessThanOneRequest() {
        assertThat(rates.take(holder(60, 0, 1), 1, 100, 0)).isZero();
    }

    @Test
    void aRequestLargerThanTheShareWaitsForAFullOneAndOneLargerThanTheLimitForNothing() {
        Holder holder = holder(0, 6_000, 1);

        assertThat(rates.take(holder, 5_000, 2, 0)).isZero();
        assertThat(rates.take(holder, 5_000, 2, 0)).isEqualTo(100_000);
        assertThat(rates.take(holder, 5_000, 2, 100_000)).isZero();
        assertThat(rates.take(holder, 6_001, 2, 1_000_000)).isEqualTo(LocalRates.NEVER);
    }

    @Test
    void whereNoRateIsLimitedAllPass() {
        assertThat(rates.take(holder(0, 0, 0), 1_000_000, 2, 0)).isZero();
    }
}
