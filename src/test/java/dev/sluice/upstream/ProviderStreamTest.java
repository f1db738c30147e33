package dev.sluice.upstream;

import static dev.sluice.upstream.Fixture.STREAM;
import static dev.sluice.upstream.Fixture.exchange;
import static dev.sluice.upstream.Fixture.model;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Model;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Usage;
import dev.sluice.config.Settings;
import dev.sluice.sse.SseEvent;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Ending;
import dev.sluice.upstream.MockProvider.Piece;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProviderStreamTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration NEVER = Duration.ofSeconds(60);
    private static final String HELLO = "{\"model\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}";
    private static final String WORLD = "{\"model\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" world\"}}]}";
    private static final String STOP = "{\"model\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
    private static final String USAGE = "{\"model\":\"theirs\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}";
    private static final String DONE = "[DONE]";

    private final MockProvider mock = MockProvider.start();
    private final Model model = model("m", "p");
    private TestUpstream upstream = new TestUpstream(provider(NEVER, NEVER, 16, 20));

    @AfterEach
    void stop() {
        upstream.close();
        mock.close();
    }

    private Settings.Provider.Remote provider(Duration firstByte, Duration idle, int permits, int volume) {
        return new Settings.Provider.Remote("p", mock.baseUrl(), Optional.empty(), Map.of(), Map.of(), "Authorization",
                Duration.ofSeconds(1), firstByte, idle, permits, 0, 0, Fixture.QUICK,
                new Settings.Breaker(0.5, volume, Duration.ofSeconds(60)));
    }

    private void configure(Settings.Provider... providers) {
        upstream.close();
        upstream = new TestUpstream(providers);
    }

    private Stream serve() {
        Reply reply = upstream.serve(exchange(STREAM, model));
        assertThat(reply).isInstanceOf(Stream.class);
        return (Stream) reply;
    }

    @Test
    void tellsTheEventsAsSentUnderOurNameWithTheCostBeforeTheEnd() {
        // given
        mock.next(Act.events(HELLO, WORLD, STOP, USAGE, DONE));

        // when
        Stream stream = serve();
        Listener listener = Listener.greedy(stream).awaitCompletion();

        // then
        assertThat(listener.wire()).isEqualTo(("data: " + HELLO + "\n\ndata: " + WORLD + "\n\ndata: " + STOP
                + "\n\ndata: " + USAGE + "\n\n").replace("theirs", "m")
                + ": sluice cost-usd=0.000011\n\ndata: [DONE]\n\n");
        assertThat(listener.events()).filteredOn(SseEvent::hidden).singleElement()
                .satisfies(hidden -> assertThat(new String(hidden.data(), StandardCharsets.UTF_8)).contains("usage"));
        End end = listener.awaitEnd();
        assertThat(end.finished()).isTrue();
        assertThat(end.receipt().usage()).isEqualTo(new Usage(9, 0, 2));
        assertThat(end.receipt().maybeBilled()).isFalse();
        assertThat(end.receipt().attempts()).isEqualTo(1);
        assertThat(stream.receipt().attempts()).isEqualTo(1);
        assertThat(stream.receipt().model()).contains(model);
        assertThat(listener.ends()).isEqualTo(1);
        assertThat(upstream.attempts("success")).isEqualTo(1);
    }

    @Test
    void asksForTheUsageAndForEvents() {
        // given
        mock.next(Act.events(HELLO, STOP, DONE));

        // when
        Listener.greedy(serve()).awaitCompletion();

        // then
        assertThat(new String(mock.lastCall().body(), StandardCharsets.UTF_8)).isEqualTo(
                STREAM.replace("auto", "m-upstream").replaceAll("}$", ",\"stream_options\":{\"include_usage\":true}}"));
        assertThat(mock.lastCall().header("accept")).isEqualTo("text/event-stream");
    }

    @Test
    void whoRefusesStreamOptionsIsAskedWithoutThemFromThenOn() {
        // given
        byte[] refusal = ("{\"object\":\"error\",\"message\":{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\","
                + "\"stream_options\",\"include_usage\"],\"msg\":\"Extra inputs are not permitted\"}]}}")
                .getBytes(StandardCharsets.UTF_8);
        mock.next(Act.status(422).withBody(refusal), Act.events(HELLO, STOP, DONE), Act.events(HELLO, STOP, DONE));
        String asked = STREAM.replace("auto", "m-upstream");

        // when
        Stream first = serve();
        Listener.greedy(first).awaitCompletion();
        String second = new String(mock.lastCall().body(), StandardCharsets.UTF_8);
        Reply own = upstream
                .serve(exchange(STREAM.replaceAll("}$", ",\"stream_options\":{\"include_usage\":true}}"), model));
        Listener.greedy((Stream) own).awaitCompletion();

        // then
        assertThat(first.receipt().attempts()).isEqualTo(2);
        assertThat(second).isEqualTo(asked);
        assertThat(new String(mock.lastCall().body(), StandardCharsets.UTF_8)).isEqualTo(asked);
        assertThat(own.receipt().attempts()).isEqualTo(1);
    }

    @Test
    void whatTheClientItselfAsksForIsRefusedToItself() {
        // given
        mock.next(Act.status(400)
                .withBody("{\"error\":{\"param\":\"stream_options\"}}".getBytes(StandardCharsets.UTF_8)));

        // when
        Reply reply = upstream.serve(exchange(STREAM.replaceAll("}$", ",\"stream_options\":{\"x\":1}}"), model));

        // then
        assertThat(reply.status()).isEqualTo(400);
        assertThat(mock.calls()).hasSize(1);
    }

    @Test
    void countsWhatTheProviderDidNot() {
        // given
        mock.next(Act.events(HELLO, WORLD, STOP, DONE));

        // when
        End end = Listener.greedy(serve()).awaitCompletion().awaitEnd();

        // then
        assertThat(end.finished()).isTrue();
        assertThat(end.receipt().usage().outputTokens()).isEqualTo(2);
        assertThat(end.receipt().usage().inputTokens()).isBetween(5L, 40L);
        assertThat(end.receipt().maybeBilled()).isTrue();
    }

    @Test
    void triesAgainUntilThereIsAFirstEvent() {
        // given
        String fault = "{\"error\":{\"message\":\"overloaded\",\"code\":529}}";
        mock.next(Act.events().ending(Ending.CLOSE), Act.events(fault));
        mock.always(Act.events(HELLO, STOP, USAGE, DONE));

        // when
        Listener listener = Listener.greedy(serve()).awaitCompletion();

        // then
        assertThat(listener.wire()).contains("Hello").doesNotContain("overloaded");
        assertThat(listener.awaitEnd().receipt().attempts()).isEqualTo(3);
        assertThat(upstream.attempts("connection")).isEqualTo(1);
        assertThat(upstream.attempts("server_error")).isEqualTo(1);
    }

    @Test
    void aFaultBeforeTheFirstEventLeavesTheRequestToTheNextModel() {
        // given
        configure(new Settings.Provider.Remote("down", java.net.URI.create("http://127.0.0.1:1/v1"), Optional.empty(),
                Map.of(), Map.of(), "Authorization", SOON, SOON, SOON, 4, 0, 0, Fixture.QUICK, Fixture.STEADY),
                provider(NEVER, NEVER, 16, 20));
        mock.always(Act.events(HELLO, STOP, USAGE, DONE));

        // when
        Stream stream = (Stream) upstream.serve(exchange(STREAM, model("first", "down"), model));
        End end = Listener.greedy(stream).awaitCompletion().awaitEnd();

        // then
        assertThat(end.receipt().model()).contains(model);
        assertThat(end.receipt().attempts()).isEqualTo(4);
        assertThat(stream.receipt().attempts()).isEqualTo(4);
    }

    @Test
    void anErrorInsteadOfAStreamIsPassedOn() {
        mock.next(Act.status(404));
        assertThat(upstream.serve(exchange(STREAM, model))).isInstanceOfSatisfying(Answer.class, answer -> {
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.body()).asString(StandardCharsets.UTF_8).contains("mock says 404");
        });
    }

    @Test
    void aWholeAnswerInsteadOfAStreamIsToldAsOne() {
        // given
        mock.next(Act.body("{\"model\":\"theirs\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi\"},"
                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}"));

        // when
        Listener listener = Listener.greedy(serve()).awaitCompletion();

        // then
        assertThat(listener.wire()).contains("\"delta\":{\"content\":\"Hi\"}").contains("\"model\":\"m\"")
                .endsWith(": sluice cost-usd=0.000011\n\ndata: [DONE]\n\n");
        assertThat(listener.awaitEnd().receipt().usage()).isEqualTo(new Usage(9, 0, 2));
        assertThat(upstream.state().inFlight()).isZero();
    }

    @Test
    void aFaultInTheMiddleIsToldWithoutATerminalEventAndCountsAgainstTheProvider() {
        // given
        configure(provider(NEVER, NEVER, 16, 2));
        mock.always(Act.events(HELLO, WORLD).ending(Ending.CLOSE));

        // when
        Listener listener = Listener.greedy(serve()).awaitCompletion();
        Listener.greedy(serve()).awaitCompletion();

        // then
        assertThat(listener.wire()).contains("world").contains(": sluice cost-usd=0.").contains(
                "data: {\"error\":{\"message\":\"The provider `p` closed the connection before its answer was complete.\"")
                .doesNotContain("[DONE]");
        End end = listener.awaitEnd();
        assertThat(end.failure()).map(Refusal::status).contains(502);
        assertThat(end.receipt().usage().outputTokens()).isEqualTo(2);
        assertThat(end.receipt().maybeBilled()).isTrue();
        assertThat(mock.calls()).hasSize(2);
        assertThat(upstream.attempts("connection")).isEqualTo(2);
        assertThat(upstream.state().breaker()).isEqualTo("open");
        assertThat(upstream.serve(exchange(STREAM, model))).isInstanceOfSatisfying(Refusal.class,
                refusal -> assertThat(refusal.code()).contains("circuit_open"));
    }

    @Test
    void aFaultThatTheProviderTellsItselfIsPassedOnAsItIs() {
        // given
        String fault = "{\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\"}}";
        mock.next(Act.events(HELLO, fault));

        // when
        Listener listener = Listener.greedy(serve()).awaitCompletion();

        // then
        assertThat(listener.wire()).contains("data: " + fault + "\n\n").containsOnlyOnce("error\":{")
                .doesNotContain("[DONE]");
        assertThat(listener.awaitEnd().finished()).isFalse();
    }

    @Test
    void aStreamThatEndsWithoutSayingSoIsWholeIfEveryChoiceHasEnded() {
        // given
        mock.next(Act.events(HELLO, STOP), Act.events(HELLO));

        // when
        Listener whole = Listener.greedy(serve()).awaitCompletion();
        Listener torn = Listener.greedy(serve()).awaitCompletion();

        // then
        assertThat(whole.awaitEnd().finished()).isTrue();
        assertThat(whole.wire()).doesNotContain("error");
        assertThat(torn.awaitEnd().finished()).isFalse();
        assertThat(torn.wire()).contains("upstream_error");
    }

    @Test
    void whoSendsNothingInTimeIsGivenUp() {
        // given
        configure(provider(Duration.ofMillis(200), NEVER, 16, 20));
        mock.next(Act.hang());

        // when
        Reply reply = upstream.serve(exchange(STREAM, model));

        // then
        assertThat(reply).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.status()).isEqualTo(504);
            assertThat(refusal.receipt().maybeBilled()).isTrue();
        });
        mock.awaitAbandoned(1, SOON);
        assertThat(upstream.state().inFlight()).isZero();
    }

    @Test
    void whoFallsSilentInTheMiddleIsGivenUp() {
        // given
        configure(provider(NEVER, Duration.ofMillis(300), 16, 20));
        mock.next(Act.events(HELLO).ending(Ending.HANG));

        // when
        Listener listener = Listener.greedy(serve()).awaitCompletion();

        // then
        assertThat(listener.awaitEnd().failure()).map(Refusal::status).contains(504);
        assertThat(listener.wire()).contains("upstream_timeout").doesNotContain("[DONE]");
        mock.awaitAbandoned(1, SOON);
    }

    @Test
    void aSlowClientIsNoSilenceOfTheProvider() {
        // given
        configure(provider(NEVER, Duration.ofMillis(200), 16, 20));
        List<Piece> pieces = new ArrayList<>(
                Collections.nCopies(20_000, new Piece(Duration.ZERO, "data: " + HELLO + "\n\n")));
        pieces.add(new Piece(Duration.ZERO, "data: " + STOP + "\n\ndata: [DONE]\n\n"));
        mock.next(Act.pieces(pieces));

        // when
        Listener listener = Listener.slow(serve());
        listener.request(1);
        listener.awaitEvents(1);
        upstream.after(Duration.ofSeconds(1));

        // then
        assertThat(listener.ends()).isZero();
        listener.request(Long.MAX_VALUE);
        assertThat(listener.awaitCompletion().awaitEnd().finished()).isTrue();
        assertThat(listener.events()).hasSize(20_003);
    }

    @Test
    void aStreamsLatencyIsItsFirstEvents() {
        // given
        Duration rest = Duration.ofSeconds(2);
        List<Stream> streams = new ArrayList<>();

        // when
        for (int i = 0; i < 5; i++) {
            mock.next(Act.pieces(List.of(new Piece(Duration.ZERO, "data: " + HELLO + "\n\n"),
                    new Piece(rest, "data: " + STOP + "\n\ndata: [DONE]\n\n"))));
            streams.add(serve());
        }
        streams.stream().map(Listener::greedy).toList().forEach(Listener::awaitCompletion);

        // then
        assertThat(upstream.latencies.medianMillis("m", true).orElseThrow()).isLessThan(rest.toMillis());
        assertThat(upstream.latencies.medianMillis("m", false)).isEmpty();
    }

    @Test
    void aSlowClientHoldsTheProviderBack() {
        // given
        String large = "data: " + HELLO.replace("Hello", "x".repeat(10_000)) + "\n\n";
        int events = 5_000;
        mock.next(Act.pieces(Collections.nCopies(events, new Piece(Duration.ZERO, large))).ending(Ending.HANG));

        // when
        Listener listener = Listener.slow(serve());
        listener.request(1);
        listener.awaitEvents(1);
        upstream.after(Duration.ofSeconds(1));
        long taken = mock.streamedBytes();
        upstream.after(Duration.ofMillis(500));

        // then
        assertThat(taken).isLessThan((long) events * large.length() / 2);
        assertThat(mock.streamedBytes()).isEqualTo(taken);
        listener.leave();
        mock.awaitAbandoned(1, SOON);
    }

    @Test
    void whoLeavesEndsTheCallAndPaysForWhatWasTold() {
        // given
        mock.next(Act.events(HELLO, WORLD).ending(Ending.HANG));

        // when
        Listener listener = Listener.greedy(serve()).awaitEvents(2);
        listener.leave();
        mock.awaitAbandoned(1, SOON);

        // then
        End end = listener.awaitEnd();
        assertThat(end.abandoned()).isTrue();
        assertThat(end.receipt().usage().outputTokens()).isEqualTo(2);
        assertThat(end.receipt().cost().nanos()).isPositive();
        assertThat(listener.ends()).isEqualTo(1);
        assertThat(upstream.state().inFlight()).isZero();
        assertThat(upstream.attempts("cancelled")).isEqualTo(1);
    }

    @Test
    void aPermitIsHeldUntilTheLastByte() {
        // given
        configure(provider(NEVER, NEVER, 1, 20));
        mock.next(Act.events(HELLO).ending(Ending.HANG));
        Listener first = Listener.greedy(serve()).awaitEvents(1);

        // when
        Reply second = upstream.serve(exchange(STREAM, model));

        // then
        assertThat(second).isInstanceOfSatisfying(Refusal.class,
                refusal -> assertThat(refusal.code()).contains("overloaded"));
        first.leave();
        first.awaitEnd();
        mock.next(Act.events(HELLO, STOP, DONE));
        Listener.greedy(serve()).awaitCompletion();
    }

    @Test
    void aStreamThatNobodyListensToIsGivenUp() {
        // given
        configure(provider(NEVER, Duration.ofMillis(200), 16, 20));
        mock.next(Act.events(HELLO).ending(Ending.HANG));

        // when
        serve();

        // then
        mock.awaitAbandoned(1, SOON);
        upstream.after(Duration.ofMillis(500)); // the provider may hear of it before the permit is back
        assertThat(upstream.state().inFlight()).isZero();
    }

    @Test
    void connectionsAreUsedAgain() {
        for (int i = 0; i < 20; i++) {
            Listener.greedy(serve()).awaitCompletion();
        }
        assertThat(mock.connections()).isLessThan(10);
    }

    @Test
    void howeverTheBytesAreCutEveryEventArrivesOnceAndWhole() {
        // given
        String odd = ": hello\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}}]}\r\n\r\n"
                + "event: x\ndata: {\"model\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"😀ß\"}}]}\n\n"
                + "data: {\"model\":\ndata: \"theirs\",\"choices\":[]}\nid: 7\n\n"
                + "data: " + STOP + "\n\ndata: [DONE]\n\n";
        byte[] bytes = odd.getBytes(StandardCharsets.UTF_8);
        List<Piece> pieces = new ArrayList<>();
        for (byte b : bytes) {
            pieces.add(new Piece(Duration.ofMillis(1), new byte[]{ b}));
        }
        mock.next(Act.pieces(pieces), Act.pieces(List.of(new Piece(Duration.ZERO, bytes))));

        // when
        Listener slowly = Listener.greedy(serve()).awaitCompletion();
        Listener atOnce = Listener.greedy(serve()).awaitCompletion();

        // then
        String expected = odd.replace("theirs", "m");
        assertThat(slowly.wire().replaceAll(": sluice cost-usd=[0-9.]+\n\n", "")).isEqualTo(expected);
        assertThat(atOnce.wire().replaceAll(": sluice cost-usd=[0-9.]+\n\n", "")).isEqualTo(expected);
    }
}
