package dev.sluice.upstream;

import static dev.sluice.upstream.Fixture.model;
import static dev.sluice.upstream.Fixture.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.Endpoint;
import dev.sluice.dialect.Dialect;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Usage;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JudgeTest {
    private static final Dialect CHAT = Dialect.of(Endpoint.CHAT_COMPLETIONS);
    private final Judge judge = new Judge(provider("p", URI.create("http://127.0.0.1:1/v1?key=secret")),
            Clock.systemUTC());

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "401 | false | does not accept the gateway's credentials: it answered 401",
            "403 | false | does not accept the gateway's credentials: it answered 403",
            "302 | false | answered with a redirect, and redirects are not followed: 302",
            "204 | true  | answered 204",
    })
    void whatIsTheGatewaysFaultIsABadGateway(int status, boolean billed, String predicate) {
        // when
        CallFailed failure = failure(status, null);

        // then
        Refusal refusal = (Refusal) failure.reply();
        assertThat(refusal.status()).isEqualTo(502);
        assertThat(refusal.type()).isEqualTo("upstream_error");
        assertThat(refusal.message()).isEqualTo("The provider `p` " + predicate + ".");
        assertThat(refusal.receipt().maybeBilled()).isEqualTo(billed);
        assertThat(failure.retryable()).isFalse();
        assertThat(failure.outcome().providerFault()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({ "408,false", "409,false", "429,false", "500,true", "501,true", "502,true", "503,true", "504,true",
            "529,true"})
    void whatMaySucceedIsTriedAgain(int status, boolean providerFault) {
        // when
        CallFailed failure = failure(status, null);

        // then
        assertThat(failure.retryable()).isTrue();
        assertThat(failure.outcome().providerFault()).isEqualTo(providerFault);
        assertThat(failure.reply().receipt().maybeBilled()).isEqualTo(providerFault);
    }

    @ParameterizedTest
    @ValueSource(ints = { 429, 503})
    void notAfterAPauseThatIsTooLong(int status) {
        assertThat(failure(status, "2").retryable()).isTrue();
        assertThat(failure(status, "3").retryable()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = { 400, 402, 404, 405, 413, 422, 451})
    void theClientsMistakesPassThrough(int status) {
        // when
        Answer answer = judge.judge(response(status, "not even JSON", null), CHAT, model("m", "p"), 100);

        // then
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.body()).asString().isEqualTo("not even JSON");
        assertThat(answer.receipt().usage()).isEqualTo(Usage.NONE);
    }

    @Test
    void anAnswerThatIsNoJsonMayHaveBeenBilled() {
        // when
        CallFailed failure = catchThrowableOfType(CallFailed.class,
                () -> judge.judge(response(200, "<html>", null), CHAT, model("m", "p"), 100));

        // then
        assertThat(((Refusal) failure.reply()).message())
                .isEqualTo("The provider `p` answered something that is not a JSON object.");
        assertThat(failure.reply().receipt().maybeBilled()).isTrue();
        assertThat(failure.retryable()).isFalse();
    }

    @Test
    void whereTheProviderDoesNotCountWeEstimateAndSaySo() {
        // when
        Answer answer = judge.judge(response(200, "{\"choices\":[]}", null), CHAT, model("m", "p"), 100);

        // then
        assertThat(answer.receipt().usage()).isEqualTo(new Usage(25, 0, 3));
        assertThat(answer.receipt().cost()).isEqualTo(model("m", "p").cost(new Usage(25, 0, 3)));
        assertThat(answer.receipt().maybeBilled()).isTrue();
    }

    private CallFailed failure(int status, String retryAfter) {
        return catchThrowableOfType(CallFailed.class,
                () -> judge.judge(response(status, "{}", retryAfter), CHAT, model("m", "p"), 100));
    }

    private static Transport.Response response(int status, String body, String retryAfter) {
        return new Transport.Response(status, null, retryAfter, null, body.getBytes(StandardCharsets.UTF_8));
    }
}
