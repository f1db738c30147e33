package dev.sluice.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentCallsTest {
    private final AtomicLong now = new AtomicLong(-7_000_000_000L);

    @Test
    void percentilesAreOfSuccessesAndErrorsOfAll() {
        // given
        RecentCalls calls = new RecentCalls(200, now::get);
        for (int i = 1; i <= 100; i++) {
            calls.record(Duration.ofMillis(i).toNanos(), false);
        }
        for (int i = 0; i < 25; i++) {
            calls.record(1, true);
        }

        // when
        RecentCalls.Figures figures = calls.figures();

        // then
        assertThat(figures.p50Nanos()).hasValue(Duration.ofMillis(50).toNanos());
        assertThat(figures.p99Nanos()).hasValue(Duration.ofMillis(99).toNanos());
        assertThat(figures.errorRate()).isEqualTo(0.2);
    }

    @Test
    void onlyTheLatestCount() {
        // given
        RecentCalls calls = new RecentCalls(4, now::get);
        for (int i = 1; i <= 10; i++) {
            calls.record(Duration.ofMillis(i).toNanos(), false);
        }

        // then
        assertThat(calls.figures().successes()).isEqualTo(4);
        assertThat(calls.figures().p50Nanos()).hasValue(Duration.ofMillis(8).toNanos());
    }

    @Test
    void whatIsLongAgoIsForgotten() {
        // given
        RecentCalls calls = new RecentCalls(8, now::get);
        calls.record(1_000_000, true);
        now.addAndGet(Duration.ofMinutes(9).toNanos());
        calls.record(2_000_000, false);

        // when
        now.addAndGet(Duration.ofMinutes(2).toNanos());

        // then
        assertThat(calls.figures().failures()).isZero();
        assertThat(calls.figures().successes()).isEqualTo(1);
    }

    @Test
    void nothingIsKnownAtFirst() {
        // given
        RecentCalls calls = new RecentCalls(8, now::get);

        // then
        assertThat(calls.figures().p50Nanos()).isEmpty();
        assertThat(calls.figures().errorRate()).isZero();
    }

    @Test
    void aMedianTakesFiveCalls() {
        // given
        ObservedLatencies latencies = new ObservedLatencies(now::get);
        for (int i = 1; i <= 4; i++) {
            latencies.record("m", false, Duration.ofMillis(10 * i).toNanos());
        }
        assertThat(latencies.medianMillis("m", false)).isEmpty();

        // when
        latencies.record("m", false, Duration.ofMillis(500).toNanos());

        // then
        assertThat(latencies.medianMillis("m", false)).hasValue(30);
        assertThat(latencies.medianMillis("other", false)).isEmpty();
    }
}
