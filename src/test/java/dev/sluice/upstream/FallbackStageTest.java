package dev.sluice.upstream;

import static dev.sluice.upstream.Fixture.HELLO;
import static dev.sluice.upstream.Fixture.exchange;
import static dev.sluice.upstream.Fixture.model;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Usage;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FallbackStageTest {
    private final Model a = model("a", "p");
    private final Model b = model("b", "p");
    private final Model c = model("c", "p");
    private final List<String> asked = new ArrayList<>();

    @ParameterizedTest
    @CsvSource({ "200,false", "400,false", "404,false", "408,true", "409,true", "422,false", "429,true"})
    void anAnswerPassesUnlessItSaysNotNow(int status, boolean next) {
        // when
        Reply reply = serve(exchange(HELLO, a, b), Map.of("a", answer(a, status), "b", answer(b, 200)));

        // then
        assertThat(asked).hasSize(next ? 2 : 1);
        assertThat(reply.receipt().attempts()).isEqualTo(asked.size());
    }

    @ParameterizedTest
    @CsvSource({ "502,upstream_error,true", "503,circuit_open,true", "503,overloaded,true", "504,upstream_timeout,true",
            "503,store_unavailable,false", "429,rate_limit_exceeded,false", "429,insufficient_quota,false",
            "499,client_closed_request,false"})
    void aRefusalPassesUnlessAnotherModelMayDoBetter(int status, String code, boolean next) {
        // given
        Reply refusal = Refusal.of(status, "t", code, "no").with(Receipt.failed(1, false, 5));

        // when
        serve(exchange(HELLO, a, b), Map.of("a", refusal, "b", answer(b, 200)));

        // then
        assertThat(asked).hasSize(next ? 2 : 1);
    }

    @Test
    void whatWasSpentInVainIsAddedUp() {
        // given
        Reply first = Refusal.of(502, "t", "c", "first").with(Receipt.failed(3, true, 100));
        Reply second = Refusal.of(504, "t", "c", "second").with(Receipt.failed(2, false, 20));

        // when
        Reply reply = serve(exchange(HELLO, a, b, c), Map.of("a", first, "b", second, "c", answer(c, 200)));

        // then
        assertThat(asked).containsExactly("a", "b", "c");
        assertThat(reply.receipt().attempts()).isEqualTo(6);
        assertThat(reply.receipt().upstreamNanos()).isEqualTo(127);
        assertThat(reply.receipt().maybeBilled()).isTrue();
        assertThat(reply.receipt().model()).contains(c);
        assertThat(reply.receipt().usage()).isEqualTo(new Usage(10, 0, 5));
    }

    private Reply serve(Exchange exchange, Map<String, Reply> replies) {
        return new FallbackStage().apply(exchange, asking -> {
            asked.add(asking.route().model().name());
            return Uni.createFrom().item(replies.get(asking.route().model().name()));
        }).await().indefinitely();
    }

    private static Reply answer(Model model, int status) {
        return new Answer(status, "application/json", new byte[0],
                Receipt.servedBy(model, 1, new Usage(10, 0, 5), 7));
    }
}
