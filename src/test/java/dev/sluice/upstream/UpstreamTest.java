package dev.sluice.upstream;

import static dev.sluice.upstream.Fixture.HELLO;
import static dev.sluice.upstream.Fixture.exchange;
import static dev.sluice.upstream.Fixture.model;
import static dev.sluice.upstream.Fixture.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.config.Settings;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Ending;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpstreamTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final URI NOBODY = URI.create("http://127.0.0.1:1/v1");

    private final Vertx vertx = Vertx.vertx();
    private final MockProvider mock = MockProvider.start();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Latencies latencies = new Latencies();
    private final Model model = model("m", "p");

    @AfterEach
    void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
        mock.close();
    }

    @Test
    void waitsAsLongAsTheProviderAsksAndThenAnswers() {
        // given
        mock.next(Act.status(429).header("Retry-After", "1"), Act.status(429).header("Retry-After", "1"));

        // when
        Answer answer = (Answer) serve(providers(provider("p", mock.baseUrl())), exchange(HELLO, model));

        // then
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.receipt().attempts()).isEqualTo(3);
        assertThat(answer.receipt().maybeBilled()).isFalse();
        assertThat(answer.receipt().upstreamNanos()).isGreaterThan(Duration.ofSeconds(2).toNanos());
        List<MockProvider.Call> calls = mock.calls();
        assertThat(calls.get(1).atNanos() - calls.get(0).atNanos()).isGreaterThanOrEqualTo(1_000_000_000);
        assertThat(calls.get(2).atNanos() - calls.get(1).atNanos()).isGreaterThanOrEqualTo(1_000_000_000);
        assertThat(attempts("success")).isEqualTo(1);
        assertThat(attempts("rate_limited")).isEqualTo(2);
    }

    @Test
    void doesNotWaitLongerThanItsPatienceButPassesTheAnswerOn() {
        // given
        mock.always(Act.status(429).header("Retry-After", "60"));

        // when
        Answer answer = (Answer) serve(providers(provider("p", mock.baseUrl())), exchange(HELLO, model));

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
        Answer answer = (Answer) serve(providers(provider("p", mock.baseUrl())), exchange(HELLO, model));

        // then
        assertThat(answer.status()).isEqualTo(400);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains("mock says 400");
        assertThat(mock.calls()).hasSize(1);
    }

    @Test
    void countsUsageAndCostAsTheProviderBills() {
        // when
        Answer answer = (Answer) serve(providers(provider("p", mock.baseUrl())), exchange(HELLO, model));

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
        Providers providers = providers(provider("down", NOBODY), provider("p", mock.baseUrl()));

        // when
        Answer answer = (Answer) serve(providers, exchange(HELLO, model("a", "down"), model));

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
        Providers providers = providers(provider("down", NOBODY), provider("p", mock.baseUrl()));

        // when
        Refusal refusal = (Refusal) serve(providers, exchange(HELLO, model("a", "down"), model));

        // then
        assertThat(refusal.status()).isEqualTo(502);
        assertThat(refusal.message()).isEqualTo("The provider `p` answered 500.");
        assertThat(refusal.receipt().attempts()).isEqualTo(6);
        assertThat(refusal.receipt().maybeBilled()).isTrue();
    }

    @Test
    void aProviderThatAlwaysFailsIsLeftAlone() {
        // given
        mock.always(Act.status(500));
        Settings.Retry once = new Settings.Retry(1, Duration.ofMillis(1), Duration.ofMillis(1));
        Providers providers = providers(provider("p", mock.baseUrl(), 16, SOON, once,
                new Settings.Breaker(0.5, 10, Duration.ofSeconds(30))));
        for (int i = 0; i < 10; i++) {
            assertThat(((Refusal) serve(providers, exchange(HELLO, model))).code()).contains("upstream_error");
        }

        // when
        long[] nanos = new long[50];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            Refusal refusal = (Refusal) serve(providers, exchange(HELLO, model));
            nanos[i] = System.nanoTime() - start;
            assertThat(refusal.status()).isEqualTo(503);
            assertThat(refusal.code()).contains("circuit_open");
            assertThat(refusal.retryAfterSeconds().getAsLong()).isBetween(20L, 30L);
            assertThat(refusal.receipt().attempts()).isZero();
        }

        // then
        java.util.Arrays.sort(nanos);
        assertThat(nanos[nanos.length / 2]).isLessThan(Duration.ofMillis(5).toNanos());
        assertThat(mock.calls()).hasSize(10);
        assertThat(providers.states()).singleElement().satisfies(state -> {
            assertThat(state.breaker()).isEqualTo("open");
            assertThat(state.errorRate()).isEqualTo(1);
        });
        assertThat(meters.get("sluice.breaker.state").tag("provider", "p").gauge().value()).isEqualTo(2);
    }

    @Test
    void aBreakerClosesAgainWhenAProbeSucceeds() {
        // given
        mock.next(Act.status(500), Act.status(500));
        Settings.Retry once = new Settings.Retry(1, Duration.ofMillis(1), Duration.ofMillis(1));
        Providers providers = providers(provider("p", mock.baseUrl(), 16, SOON, once,
                new Settings.Breaker(1, 2, Duration.ofMillis(300))));
        serve(providers, exchange(HELLO, model));
        serve(providers, exchange(HELLO, model));

        // when
        Reply reply = serve(providers, exchange(HELLO, model));
        long deadline = System.nanoTime() + SOON.toNanos();
        while (reply instanceof Refusal && System.nanoTime() < deadline) {
            Thread.onSpinWait();
            reply = serve(providers, exchange(HELLO, model));
        }

        // then
        assertThat(reply).isInstanceOf(Answer.class);
        assertThat(providers.states().get(0).breaker()).isEqualTo("closed");
        assertThat(mock.calls()).hasSize(3);
    }

    @Test
    void aClientsMistakesDoNotOpenTheBreaker() {
        // given
        mock.always(Act.status(400));
        Providers providers = providers(provider("p", mock.baseUrl(), 16, SOON, Fixture.QUICK,
                new Settings.Breaker(0.1, 2, Duration.ofSeconds(30))));

        // when
        for (int i = 0; i < 5; i++) {
            serve(providers, exchange(HELLO, model));
        }

        // then
        assertThat(mock.calls()).hasSize(5);
        assertThat(providers.states().get(0).breaker()).isEqualTo("closed");
    }

    @Test
    void whatIsSlowerThanItsTimeOutIsEndedAndMayBeBilled() {
        // given
        mock.always(Act.hang());
        Providers providers = providers(provider("p", mock.baseUrl(), 1, Duration.ofMillis(100), Fixture.QUICK,
                Fixture.STEADY));

        // when
        Refusal refusal = (Refusal) serve(providers, exchange(HELLO, model));

        // then
        assertThat(refusal.status()).isEqualTo(504);
        assertThat(refusal.code()).contains("upstream_timeout");
        assertThat(refusal.message()).isEqualTo("The provider `p` did not answer within 100 ms.");
        assertThat(refusal.receipt().maybeBilled()).isTrue();
        assertThat(refusal.receipt().attempts()).isEqualTo(1);
        mock.awaitAbandoned(1, SOON);
        assertThat(providers.states().get(0).inFlight()).isZero();
        assertThat(attempts("timeout")).isEqualTo(1);
    }

    @Test
    void moreThanItsShareIsRefusedAtOnce() {
        // given
        mock.always(Act.hang());
        Providers providers = providers(provider("p", mock.baseUrl(), 2, SOON, Fixture.QUICK, Fixture.STEADY));
        List<Cancellable> waiting = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            waiting.add(providers.of(model).serve(exchange(HELLO, model), model).subscribe().with(reply -> {}));
        }
        mock.awaitCalls(2, SOON);

        // when
        Refusal refusal = (Refusal) serve(providers, exchange(HELLO, model));

        // then
        assertThat(refusal.status()).isEqualTo(503);
        assertThat(refusal.code()).contains("overloaded");
        assertThat(refusal.retryAfterSeconds()).hasValue(1);
        assertThat(providers.states().get(0).inFlight()).isEqualTo(2);
        waiting.forEach(Cancellable::cancel);
        mock.awaitAbandoned(2, SOON);
        assertThat(providers.states().get(0).inFlight()).isZero();
    }

    @Test
    void whenTheClientLeavesTheCallEnds() {
        // given
        mock.always(Act.hang());
        Providers providers = providers(provider("p", mock.baseUrl()));
        Cancellable client = way(providers).apply(exchange(HELLO, model)).subscribe().with(reply -> {});
        mock.awaitCalls(1, SOON);

        // when
        client.cancel();

        // then
        mock.awaitAbandoned(1, SOON);
        assertThat(providers.states().get(0).inFlight()).isZero();
        assertThat(attempts("cancelled")).isEqualTo(1);
    }

    @Test
    void whenTheClientLeavesDuringAPauseNothingIsCalledAgain() {
        // given
        mock.always(Act.status(429).header("retry-after-ms", "200"));
        Providers providers = providers(provider("p", mock.baseUrl()));
        CompletableFuture<Void> pause = new CompletableFuture<>();
        Cancellable client = way(providers).apply(exchange(HELLO, model)).subscribe().with(reply -> {});
        mock.awaitCalls(1, SOON);

        // when
        client.cancel();
        vertx.setTimer(500, fired -> pause.complete(null));
        pause.join();

        // then
        assertThat(mock.calls()).hasSize(1);
    }

    @Test
    void aConnectionThatBreaksInTheMiddleIsTriedAgain() {
        // given
        mock.next(Act.ok().ending(Ending.CLOSE_MID_BODY), Act.ok().ending(Ending.CLOSE));

        // when
        Answer answer = (Answer) serve(providers(provider("p", mock.baseUrl())), exchange(HELLO, model));

        // then
        assertThat(answer.ok()).isTrue();
        assertThat(answer.receipt().attempts()).isEqualTo(3);
        assertThat(answer.receipt().maybeBilled()).isTrue();
        assertThat(attempts("connection")).isEqualTo(2);
    }

    @Test
    void staysOnTheEventLoopOfItsCaller() {
        // given
        mock.next(Act.status(503));
        Providers providers = providers(provider("p", mock.baseUrl()));
        CompletableFuture<List<Thread>> threads = new CompletableFuture<>();

        // when
        vertx.getOrCreateContext().runOnContext(run -> {
            Thread asked = Thread.currentThread();
            way(providers).apply(exchange(HELLO, model)).subscribe()
                    .with(reply -> threads.complete(List.of(asked, Thread.currentThread())));
        });

        // then
        List<Thread> seen = threads.join();
        assertThat(seen.get(1)).isSameAs(seen.get(0));
    }

    private double attempts(String outcome) {
        return meters.get("sluice.upstream.attempts").tag("provider", "p").tag("outcome", outcome).counter().count();
    }

    private Providers providers(Settings.Provider.OpenAi... settings) {
        Map<String, Settings.Provider> byName = new LinkedHashMap<>();
        for (Settings.Provider.OpenAi provider : settings) {
            byName.put(provider.name(), provider);
        }
        return new Providers(byName, provider -> new VertxTransport(vertx, provider), latencies, meters, vertx);
    }

    private static dev.sluice.Stage.Next way(Providers providers) {
        UpstreamStage upstream = new UpstreamStage(providers);
        FallbackStage fallback = new FallbackStage();
        return exchange -> fallback.apply(exchange, last -> upstream.apply(last, null));
    }

    private static Reply serve(Providers providers, Exchange exchange) {
        return way(providers).apply(exchange).await().atMost(Duration.ofSeconds(20));
    }
}
