package dev.sluice.upstream;

import static dev.sluice.upstream.Fixture.model;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Finish;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Request;
import dev.sluice.config.Settings;
import dev.sluice.dialect.Dialect;
import dev.sluice.json.Json;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.subscription.Cancellable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedProviderTest {
    private static final Dialect MESSAGES = Dialect.of(Endpoint.MESSAGES);
    private static final String PROMPT = "Explain   the advantages of \"generators\" in Python to a colleague who writes Java";

    private TestUpstream upstream = simulated(Duration.ZERO, 0);

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void answersAsAProviderWouldAndSaysThatItIsNone() {
        // when
        Answer answer = (Answer) upstream.serve(exchange(0, 1));

        // then
        Json json = Json.parse(answer.body());
        assertThat(json.string(0, "object")).contains("chat.completion");
        assertThat(json.string(0, "system_fingerprint")).contains("sluice-simulated");
        assertThat(json.string(0, "model")).contains("m");
        int choice = json.first(json.member(0, "choices"));
        assertThat(json.string(choice, "finish_reason")).contains("stop");
        assertThat(json.string(json.member(choice, "message"), "content").orElseThrow())
                .contains("Explain the advantages of \"generators\" in Python");
        int usage = json.member(0, "usage");
        assertThat(answer.receipt().usage().inputTokens()).isEqualTo(json.count(usage, "prompt_tokens", -1))
                .isPositive();
        assertThat(answer.receipt().usage().outputTokens()).isEqualTo(json.count(usage, "completion_tokens", -1))
                .isPositive();
        assertThat(answer.receipt().attempts()).isEqualTo(1);
        assertThat(upstream.attempts("success")).isEqualTo(1);
    }

    @Test
    void tellsAStreamWordByWord() {
        // given
        Exchange whole = exchange(0, 2);
        Request asked = whole.request();
        Exchange streamed = Exchange.of("s", new Request(asked.endpoint(), asked.body(), asked.model(), asked.prompt(),
                0, 2, true), whole.caller(), whole.wishes()).with(whole.route());

        // when
        Listener listener = Listener.greedy((Stream) upstream.serve(streamed)).awaitCompletion();

        // then
        assertThat(listener.events()).hasSizeGreaterThan(20);
        assertThat(listener.wire()).contains("\"content\":\"simulated \"").endsWith("\n\ndata: [DONE]\n\n");
        Json told = Json.parse(Dialect.of(asked.endpoint()).assemble(listener.events()));
        Json answer = Json.parse(((Answer) upstream.serve(whole)).body());
        assertThat(content(told)).isEqualTo(content(answer));
        assertThat(listener.awaitEnd().receipt().usage().outputTokens()).isPositive();
    }

    private static String content(Json json) {
        int choice = json.first(json.member(0, "choices"));
        return json.string(json.member(choice, "message"), "content").orElseThrow();
    }

    @Test
    void answersInTheDialectItIsAskedIn() {
        // given
        String body = "{\"model\":\"m\",\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":\"Hello there\"}]";
        Request whole = MESSAGES.read((body + "}").getBytes(StandardCharsets.UTF_8));
        Request streamed = MESSAGES.read((body + ",\"stream\":true}").getBytes(StandardCharsets.UTF_8));

        // when
        Answer answer = (Answer) upstream.serve(exchange(whole));
        Listener told = Listener.greedy((Stream) upstream.serve(exchange(streamed))).awaitCompletion();

        // then
        assertThat(answer.finish()).isEqualTo(Finish.COMPLETE);
        assertThat(MESSAGES.answer(answer.body()).orElseThrow().finish()).isEqualTo(Finish.COMPLETE);
        assertThat(MESSAGES.answer(answer.body()).orElseThrow().usage()).contains(answer.receipt().usage());
        assertThat(told.events()).extracting(SseEvent::type).startsWith("message_start", "content_block_start",
                "content_block_delta", "content_block_delta").endsWith("message_delta", "", "message_stop");
        assertThat(new String(MESSAGES.assemble(told.events()), StandardCharsets.UTF_8)).contains("to: Hello there");
    }

    private static Exchange exchange(Request request) {
        Exchange any = Fixture.exchange("{}", model("m", "p"));
        return Exchange.of("req", request, any.caller(), any.wishes()).with(any.route()).with(any.reservation());
    }

    @Test
    void theSameQuestionHasTheSameAnswer() {
        assertThat(((Answer) upstream.serve(exchange(0, 1))).body())
                .isEqualTo(((Answer) upstream.serve(exchange(0, 1))).body());
    }

    @Test
    void keepsToTheBoundOfTheRequestForEveryChoice() {
        // when
        Answer answer = (Answer) upstream.serve(exchange(3, 2));

        // then
        Json json = Json.parse(answer.body());
        int first = json.first(json.member(0, "choices"));
        int second = json.next(json.member(0, "choices"), first);
        for (int choice : new int[]{ first, second}) {
            assertThat(json.string(choice, "finish_reason")).contains("length");
            assertThat(json.string(json.member(choice, "message"), "content")).contains("This is a");
        }
        assertThat(answer.receipt().usage().outputTokens()).isEqualTo(6);
        assertThat(answer.receipt().cutShort()).isFalse();
    }

    @Test
    void failsAsOftenAsItIsTold() {
        // given
        upstream.close();
        upstream = simulated(Duration.ZERO, 0.3);

        // when
        int faults = 0;
        for (int i = 0; i < 400; i++) {
            Reply reply = upstream.serve(exchange("question " + i, 0, 1));
            faults += reply instanceof Refusal refusal && refusal.status() == 502 ? 1 : 0;
        }

        // then
        assertThat(faults).isBetween(80, 160);
        assertThat(upstream.state().errorRate()).isBetween(0.2, 0.4);
    }

    @Test
    void takesItsTime() {
        // given
        upstream.close();
        upstream = simulated(Duration.ofMillis(80), 0);

        // when
        Reply reply = upstream.serve(exchange(0, 1));

        // then
        assertThat(reply.receipt().upstreamNanos()).isGreaterThan(Duration.ofMillis(75).toNanos());
        assertThat(upstream.state().p50Nanos().getAsLong()).isGreaterThan(Duration.ofMillis(75).toNanos());
    }

    @Test
    void stopsWhenTheClientLeaves() {
        // given
        upstream.close();
        upstream = simulated(Duration.ofMinutes(1), 0);
        Cancellable client = upstream.way().apply(exchange(0, 1)).subscribe().with(reply -> {});
        assertThat(upstream.state().inFlight()).isEqualTo(1);

        // when
        client.cancel();

        // then
        assertThat(upstream.state().inFlight()).isZero();
    }

    private static TestUpstream simulated(Duration latency, double faultRate) {
        return new TestUpstream(new Settings.Provider.Simulated("p", latency, faultRate));
    }

    private static Exchange exchange(long bound, int choices) {
        return exchange(PROMPT, bound, choices);
    }

    private static Exchange exchange(String prompt, long bound, int choices) {
        String json = "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":"
                + dev.sluice.json.Splice.quote(prompt) + "}]}";
        Exchange plain = Fixture.exchange(json, model("m", "p"));
        return new Exchange(plain.id(), Fixture.request(json, prompt, bound, choices), plain.caller(), plain.wishes(),
                plain.receivedNanos(), null, plain.route(), plain.sharing(),
                plain.reservation());
    }
}
