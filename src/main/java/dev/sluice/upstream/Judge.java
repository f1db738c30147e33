package dev.sluice.upstream;

import dev.sluice.Finish;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Usage;
import dev.sluice.config.Settings;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.WholeAnswer;
import java.time.Clock;
import java.util.OptionalLong;

/** Decides what a provider's response means: an answer, something to try again, or the end. */
final class Judge {
    private static final int BYTES_PER_TOKEN = 4;

    private final String provider;
    private final long longestPauseMillis;
    private final Clock clock;

    Judge(Settings.Provider.Remote provider, Clock clock) {
        this.provider = provider.name();
        this.longestPauseMillis = provider.retry().maxDelay().toMillis();
        this.clock = clock;
    }

    /**
     * @param dialect what the provider speaks
     * @param requestBytes size of the request's body, to estimate from where the provider does not count
     * @throws CallFailed where this is no answer for the client yet
     */
    Answer judge(Transport.Response response, Dialect dialect, Model model, int requestBytes) {
        int status = response.status();
        if (status == 200) {
            return completion(response, dialect, model, requestBytes);
        }
        if (status == 401 || status == 403) {
            throw CallFailed.forGood(
                    Refusals.upstreamError(provider, "does not accept the gateway's credentials: it answered " + status,
                            false),
                    Outcome.CLIENT_ERROR);
        }
        if (status == 408 || status == 409 || status == 429) {
            throw busy(response, model);
        }
        if (status >= 400 && status < 500) {
            return passedOn(response, model, OptionalLong.empty());
        }
        if (status >= 500) {
            throw broken(response);
        }
        String what = status >= 300 ? "answered with a redirect, and redirects are not followed: " : "answered ";
        throw CallFailed.forGood(Refusals.upstreamError(provider, what + status, status < 300),
                Outcome.INVALID_ANSWER);
    }

    private Answer completion(Transport.Response response, Dialect dialect, Model model, int requestBytes) {
        WholeAnswer answer = dialect.answer(response.body()).orElseThrow(() -> CallFailed.forGood(
                Refusals.upstreamError(provider, "answered something that is not a JSON object", true),
                Outcome.INVALID_ANSWER));
        Receipt receipt = answer.usage().map(usage -> Receipt.servedBy(model, 0, usage, 0))
                .orElseGet(() -> estimated(model, requestBytes, response.body().length));
        return new Answer(200, contentType(response), answer.naming(model.name()), OptionalLong.empty(),
                answer.finish(), receipt);
    }

    /** Somebody will bill something: count a token per four bytes, and say that this is not settled. */
    private static Receipt estimated(Model model, int requestBytes, int answerBytes) {
        Usage usage = new Usage(requestBytes / BYTES_PER_TOKEN, 0, answerBytes / BYTES_PER_TOKEN);
        return Receipt.servedBy(model, 0, usage, 0).after(Receipt.failed(0, true, 0));
    }

    private CallFailed busy(Transport.Response response, Model model) {
        OptionalLong pause = RetryAfter.millis(response, clock);
        Answer answer = passedOn(response, model, pause);
        Outcome outcome = response.status() == 429 ? Outcome.RATE_LIMITED : Outcome.CLIENT_ERROR;
        return tooLong(pause) ? CallFailed.forGood(answer, outcome) : CallFailed.forNow(answer, outcome, pause);
    }

    private CallFailed broken(Transport.Response response) {
        OptionalLong pause = RetryAfter.millis(response, clock);
        Refusal refusal = Refusals.upstreamError(provider, "answered " + response.status(), true);
        if (pause.isPresent()) {
            refusal = refusal.retryAfter(RetryAfter.seconds(pause.getAsLong()));
        }
        return tooLong(pause)
                ? CallFailed.forGood(refusal, Outcome.SERVER_ERROR)
                : CallFailed.forNow(refusal, Outcome.SERVER_ERROR, pause);
    }

    private boolean tooLong(OptionalLong pause) {
        return pause.isPresent() && pause.getAsLong() > longestPauseMillis;
    }

    private static Answer passedOn(Transport.Response response, Model model, OptionalLong pause) {
        OptionalLong seconds = pause.isPresent()
                ? OptionalLong.of(RetryAfter.seconds(pause.getAsLong()))
                : OptionalLong.empty();
        return new Answer(response.status(), contentType(response), response.body(), seconds, Finish.OTHER,
                Receipt.servedBy(model, 0, Usage.NONE, 0));
    }

    private static String contentType(Transport.Response response) {
        return response.contentType() == null ? "application/json" : response.contentType();
    }
}
