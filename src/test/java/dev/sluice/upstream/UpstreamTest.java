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
import dev.sluice.upstream.MockProvider.Ending;
import io.smallrye.mutiny.subscription.Cancellable;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpstreamTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final URI NOBODY = URI.create("http://127.0.0.1:1/v1");

    private final MockProvider mock = MockProvider.start();
    private final Model model = model("m", "p");
    private TestUpstream upstream = new TestUpstream(provider("p", mock.baseUrl()));

    @AfterEach
    void stop() {
        upstream.close();
        mock.close();
    }

    private void configure(Settings.Provider... providers) {
        upstream.close();
        upstream = new TestUpstream(providers);
    }

    @Test
    void waitsAsLongAsTheProviderAsksAndThenAnswers() {
        // given
        mock.next(Act.status(429).header("Retry-After", "1"), Act.status(429).header("Retry-After", "1"));

        // when
        Answer answer = (Answer) upstream.serve(exchange(HELLO, model));

        // then
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.receipt().attempts()).isEqualTo(3);
        assertThat(answer.receipt().maybeBilled()).isFalse();
        assertThat(answer.receipt().upstreamNanos()).isGreaterThan(Duration.ofSeconds(2).toNanos());
        List<MockProvider.Call> calls = mock.calls();
        assertThat(calls.get(1).atNanos() - calls.get(0).atNanos()).isGreaterThanOrEqualTo(1_000_000_000);
        assertThat(calls.get(2).atNanos() - calls.get(1).atNanos()).isGreaterThanOrEqualTo(1_000_000_000);
        assertThat(upstream.attempts("success")).isEqualTo(1);
        assertThat(upstream.attempts("rate_limited")).isEqualTo(2);
    }

    @Test
    void doesNotWaitLongerThanItsPatienceButPassesTheAnswerOn() {
        // given
        mock.always(Act.status(429).header("Retry-After", "60"));

        // when
        Answer answer = (Answer) upstream.serve(exchange(HELLO, model));

        // then
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.retryAfterSeconds()).hasValue(60);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains("mock says 429");
        assertThat(answer.receipt().attempts()).isEqualTo(1);
    }

    @Test
    void neverRetriesARequestThatIsAtFault() {
        // given
        mock.always(Act.status(400));

        // when
        Answer answer = (Answer) upstream.serve(exchange(HELLO, model));

        // then
        assertThat(answer.status()).isEqualTo(400);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains("mock says 400");
        assertThat(mock.calls()).hasSize(1);
    }

    @Test
    void countsUsageAndCostAsTheProviderBills() {
        // when
        Answer answer = (Answer) upstream.serve(exchange(HELLO, model));

        // then
        assertThat(answer.receipt().usage()).isEqualTo(mock.billed());
        assertThat(answer.receipt().cost()).isEqualTo(model.cost(mock.billed()));
        assertThat(answer.receipt().model()).contains(model);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains("\"model\":\"m\"");
        assertThat(mock.lastCall().json().string(0, "model")).contains("m-upstream");
    }

    @Test
    void aFallbackAnswersForAProviderThatIsDown() {
        // given
        configure(provider("down", NOBODY), provider("p", mock.baseUrl()));

        // when
        Answer answer = (Answer) upstream.serve(exchange(HELLO, model("a", "down"), model));

        // then
        assertThat(answer.ok()).isTrue();
        assertThat(answer.receipt().model()).contains(model);
        assertThat(answer.receipt().attempts()).isEqualTo(4);
        assertThat(answer.receipt().maybeBilled()).isFalse();
        assertThat(mock.calls()).hasSize(1);
    }

    @Test
    void theLastRefusalIsWhatTheClientSees() {
        // given
        mock.always(Act.status(500));
        configure(provider("down", NOBODY), provider("p", mock.baseUrl()));

        // when
        Refusal refusal = (Refusal) upstream.serve(exchange(HELLO, model("a", "down"), model));

        // then
        assertThat(refusal.status()).isEqualTo(502);
        assertThat(refusal.message()).isEqualTo("The provider `p` answered 500.");
        assertThat(refusal.receipt().attempts()).isEqualTo(6);
        assertThat(refusal.receipt().maybeBilled()).isTrue();
    }

    @Test
    void whatIsSlowerThanItsTimeOutIsEndedAndMayBeBilled() {
        // given
        mock.always(Act.hang());
        configure(provider("p", mock.baseUrl(), 1, Duration.ofMillis(100), Fixture.QUICK,
                Fixture.STEADY));

        // when
        Refusal refusal = (Refusal) upstream.serve(exchange(HELLO, model));

        // then
        assertThat(refusal.status()).isEqualTo(504);
        assertThat(refusal.code()).contains("upstream_timeout");
        assertThat(refusal.message()).isEqualTo("The provider `p` did not answer within 100 ms.");
        assertThat(refusal.receipt().maybeBilled()).isTrue();
        assertThat(refusal.receipt().attempts()).isEqualTo(1);
        mock.awaitAbandoned(1, SOON);
        assertThat(upstream.state().inFlight()).isZero();
        assertThat(upstream.attempts("timeout")).isEqualTo(1);
    }

    @Test
    void moreThanItsShareIsRefusedAtOnce() {
        // given
        mock.always(Act.hang());
        configure(provider("p", mock.baseUrl(), 2, SOON, Fixture.QUICK, Fixture.STEADY));
        List<Cancellable> waiting = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            waiting.add(upstream.way().apply(exchange(HELLO, model)).subscribe().with(reply -> {}));
        }
        mock.awaitCalls(2, SOON);

        // when
        Refusal refusal = (Refusal) upstream.serve(exchange(HELLO, model));

        // then
        assertThat(refusal.status()).isEqualTo(503);
        assertThat(refusal.code()).contains("overloaded");
        assertThat(refusal.retryAfterSeconds()).hasValue(1);
        assertThat(upstream.state().inFlight()).isEqualTo(2);
        waiting.forEach(Cancellable::cancel);
        mock.awaitAbandoned(2, SOON);
        assertThat(upstream.state().inFlight()).isZero();
    }

    @Test
    void whenTheClientLeavesTheCallEnds() {
        // given
        mock.always(Act.hang());
        Cancellable client = upstream.way().apply(exchange(HELLO, model)).subscribe().with(reply -> {});
        mock.awaitCalls(1, SOON);

        // when
        client.cancel();

        // then
        mock.awaitAbandoned(1, SOON);
        assertThat(upstream.state().inFlight()).isZero();
        assertThat(upstream.attempts("cancelled")).isEqualTo(1);
    }

    @Test
    void whenTheClientLeavesDuringAPauseNothingIsCalledAgain() {
        // given
        mock.always(Act.status(429).header("retry-after-ms", "200"));
        CompletableFuture<Void> pause = new CompletableFuture<>();
        Cancellable client = upstream.way().apply(exchange(HELLO, model)).subscribe().with(reply -> {});
        mock.awaitCalls(1, SOON);

        // when
        client.cancel();
        upstream.vertx.setTimer(500, fired -> pause.complete(null));
        pause.join();

        // then
        assertThat(mock.calls()).hasSize(1);
    }

    @Test
    void aConnectionThatBreaksInTheMiddleIsTriedAgain() {
        // given
        mock.next(Act.ok().ending(Ending.CLOSE_MID_BODY), Act.ok().ending(Ending.CLOSE));

        // when
        Answer answer = (Answer) upstream.serve(exchange(HELLO, model));

        // then
        assertThat(answer.ok()).isTrue();
        assertThat(answer.receipt().attempts()).isEqualTo(3);
        assertThat(answer.receipt().maybeBilled()).isTrue();
        assertThat(upstream.attempts("connection")).isEqualTo(2);
    }

    @Test
    void staysOnTheEventLoopOfItsCaller() {
        // given
        mock.next(Act.status(503));
        CompletableFuture<List<Thread>> threads = new CompletableFuture<>();

        // when
        upstream.vertx.getOrCreateContext().runOnContext(run -> {
            Thread asked = Thread.currentThread();
            upstream.way().apply(exchange(HELLO, model)).subscribe()
                    .with(reply -> threads.complete(List.of(asked, Thread.currentThread())));
        });

        // then
        List<Thread> seen = threads.join();
        assertThat(seen.get(1)).isSameAs(seen.get(0));
    }
}
