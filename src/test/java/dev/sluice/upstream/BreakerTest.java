package dev.sluice.upstream;

import static dev.sluice.upstream.Fixture.HELLO;
import static dev.sluice.upstream.Fixture.exchange;
import static dev.sluice.upstream.Fixture.model;
import static dev.sluice.upstream.Fixture.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Model;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.config.Settings;
import dev.sluice.upstream.MockProvider.Act;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BreakerTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Settings.Retry ONCE = new Settings.Retry(1, Duration.ofMillis(1), Duration.ofMillis(1));

    private final MockProvider mock = MockProvider.start();
    private final Model model = model("m", "p");
    private TestUpstream upstream;

    @AfterEach
    void stop() {
        upstream.close();
        mock.close();
    }

    private void configure(Settings.Provider provider) {
        upstream = new TestUpstream(provider);
    }

    @Test
    void aProviderThatAlwaysFailsIsLeftAlone() {
        // given
        mock.always(Act.status(500));
        configure(provider("p", mock.baseUrl(), 16, SOON, ONCE,
                new Settings.Breaker(0.5, 10, Duration.ofSeconds(30))));
        for (int i = 0; i < 10; i++) {
            assertThat(((Refusal) upstream.serve(exchange(HELLO, model))).code()).contains("upstream_error");
        }

        // when
        long[] nanos = new long[50];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            Refusal refusal = (Refusal) upstream.serve(exchange(HELLO, model));
            nanos[i] = System.nanoTime() - start;
            assertThat(refusal.status()).isEqualTo(503);
            assertThat(refusal.code()).contains("circuit_open");
            assertThat(refusal.retryAfterSeconds().getAsLong()).isBetween(20L, 30L);
            assertThat(refusal.receipt().attempts()).isZero();
        }

        // then
        Arrays.sort(nanos);
        assertThat(nanos[nanos.length / 2]).isLessThan(Duration.ofMillis(5).toNanos());
        assertThat(mock.calls()).hasSize(10);
        assertThat(upstream.state().breaker()).isEqualTo("open");
        assertThat(upstream.state().errorRate()).isEqualTo(1);
        assertThat(upstream.meters.get("sluice.breaker.state").tag("provider", "p").gauge().value()).isEqualTo(2);
    }

    @Test
    void aBreakerClosesAgainWhenAProbeSucceeds() {
        // given
        mock.next(Act.status(500), Act.status(500));
        configure(provider("p", mock.baseUrl(), 16, SOON, ONCE,
                new Settings.Breaker(1, 2, Duration.ofMillis(300))));
        upstream.serve(exchange(HELLO, model));
        upstream.serve(exchange(HELLO, model));

        // when
        Reply reply = upstream.serve(exchange(HELLO, model));
        long deadline = System.nanoTime() + SOON.toNanos();
        while (reply instanceof Refusal && System.nanoTime() < deadline) {
            Thread.onSpinWait();
            reply = upstream.serve(exchange(HELLO, model));
        }

        // then
        assertThat(reply).isInstanceOf(Answer.class);
        assertThat(upstream.state().breaker()).isEqualTo("closed");
        assertThat(mock.calls()).hasSize(3);
    }

    @Test
    void aClientsMistakesDoNotOpenTheBreaker() {
        // given
        mock.always(Act.status(400));
        configure(provider("p", mock.baseUrl(), 16, SOON, Fixture.QUICK,
                new Settings.Breaker(0.1, 2, Duration.ofSeconds(30))));

        // when
        for (int i = 0; i < 5; i++) {
            upstream.serve(exchange(HELLO, model));
        }

        // then
        assertThat(mock.calls()).hasSize(5);
        assertThat(upstream.state().breaker()).isEqualTo("closed");
    }

    @Test
    void aProbeWhoseClientLeavesProvesNothing() {
        // given
        mock.next(Act.status(500), Act.hang());
        configure(provider("p", mock.baseUrl(), 16, SOON, ONCE, new Settings.Breaker(1, 1, Duration.ofMillis(100))));
        upstream.serve(exchange(HELLO, model));
        long deadline = System.nanoTime() + SOON.toNanos();
        while (!upstream.state().breaker().equals("half_open") && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        Cancellable client = upstream.way().apply(exchange(HELLO, model)).subscribe().with(reply -> {});
        mock.awaitCalls(2, SOON);

        // when
        client.cancel();

        // then
        assertThat(upstream.state().breaker()).isEqualTo("open");
    }
}
