package dev.sluice.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Reply.Refusal;
import dev.sluice.config.Settings;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GuardsTest {

    @Test
    void preparingThemCountsForNothing() {
        // given
        Guards guards = new Guards(Fixture.provider("p", URI.create("http://127.0.0.1:1/v1"), 1, Duration.ofSeconds(5),
                new Settings.Retry(1, Duration.ofMillis(1), Duration.ofMillis(1)),
                new Settings.Breaker(1, 2, Duration.ofSeconds(30))));

        // when
        guards.prepare();

        // then
        assertThat(guards.inFlight()).isZero();
        assertThat(guards.breaker()).isEqualTo(CircuitBreakerState.CLOSED);
        CallFailed failure = CallFailed.forGood(Refusal.invalid(null, "failed"), Outcome.SERVER_ERROR);
        guards.failedAfterAll(failure);
        assertThat(guards.breaker()).isEqualTo(CircuitBreakerState.CLOSED);
        guards.failedAfterAll(failure);
        assertThat(guards.breaker()).isEqualTo(CircuitBreakerState.OPEN);
    }
}
