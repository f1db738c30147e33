package dev.sluice.routing;

import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.Usage;
import dev.sluice.Wishes;
import java.util.Optional;
import java.util.OptionalLong;

/** What a request demands of the model that is to serve it: by its size, and by the wishes of its client. */
final class Bounds {
    private static final int UNKNOWN = -1;
    /** In tokens. Bounds are far above what answers come to. */
    private static final long TYPICAL_ANSWER = 500;

    private final Request request;
    private final Wishes wishes;
    private final Latencies latencies;
    private final long outputTokens;
    private long inputTokens = UNKNOWN;

    /** @param defaultMaxTokens output tokens to reckon with where the client gives no bound */
    Bounds(Request request, Wishes wishes, Latencies latencies, long defaultMaxTokens) {
        this.request = request;
        this.wishes = wishes;
        this.latencies = latencies;
        this.outputTokens = request.outputBound() > 0 || !request.endpoint().generates()
                ? request.outputBound()
                : defaultMaxTokens;
    }

    boolean tooSlow(Model model) {
        return wishes.maxLatencyMs().isPresent() && latency(model) > wishes.maxLatencyMs().getAsLong();
    }

    boolean tooDear(Model model) {
        return wishes.maxCost().isPresent() && estimate(model).compareTo(wishes.maxCost().get()) > 0;
    }

    /**
     * Reckons with the output only where the client bounds it: what it leaves open may still turn out short. The inputs of
     * embeddings have the window each for itself, and the provider measures them.
     */
    boolean tooSmall(Model model) {
        return request.endpoint().generates() && model.contextWindow() > 0
                && !RequestSize.surelyWithin(request, model.contextWindow())
                && tokens() > model.contextWindow();
    }

    boolean fits(Model model) {
        return !tooSlow(model) && !tooDear(model) && !tooSmall(model);
    }

    /** What the request is likely to cost at most: the estimated prompt, and every choice as long as its bound. */
    Money estimate(Model model) {
        return model.cost(new Usage(inputTokens(), 0, outputTokens * request.choices()));
    }

    /** What the request costs at list prices with an answer of the usual length. */
    Money typical(Model model) {
        return model.cost(new Usage(inputTokens(), 0, Math.min(TYPICAL_ANSWER, outputTokens) * request.choices()));
    }

    /** What the model's provider takes off for so many prompt tokens that it has seen before. */
    Money discount(Model model, long repeatedTokens) {
        long tokens = Math.min(repeatedTokens, inputTokens());
        return model.cost(new Usage(tokens, 0, 0)).minus(model.cost(new Usage(tokens, tokens, 0)));
    }

    /** The reason why a model does not fit, as a clause in words. */
    String breach(Model model) {
        if (tooSlow(model)) {
            String which = measured(model).isPresent() ? "measured" : "configured";
            return "its " + which + " latency of " + latency(model) + " ms is above "
                    + wishes.maxLatencyMs().getAsLong() + " ms";
        }
        if (tooSmall(model)) {
            return "its context window of " + model.contextWindow() + " tokens is below the estimated " + tokens();
        }
        return "its estimated cost of $" + estimate(model) + " is above $" + wishes.maxCost().get();
    }

    /** What to answer when {@code model} is the best that there is and does not fit. */
    Refusal refusal(Model model) {
        String message = "The model `" + model.name() + "` cannot serve this request: " + breach(model) + ".";
        if (tooSlow(model)) {
            return refusal("max_latency_exceeded", "x-sluice-max-latency-ms", message);
        }
        if (tooSmall(model)) {
            return refusal("context_length_exceeded", "messages", message);
        }
        return refusal("max_cost_exceeded", "x-sluice-max-cost-usd", message);
    }

    private static Refusal refusal(String code, String param, String message) {
        return new Refusal(400, "invalid_request_error", Optional.of(code), Optional.of(param), message,
                OptionalLong.empty(), Receipt.NONE);
    }

    private long latency(Model model) {
        return measured(model).orElse(model.latencyMs());
    }

    private OptionalLong measured(Model model) {
        return latencies.medianMillis(model.name(), request.streamed());
    }

    private long tokens() {
        return inputTokens() + request.outputBound();
    }

    private long inputTokens() {
        if (inputTokens == UNKNOWN) {
            inputTokens = RequestSize.estimate(request);
        }
        return inputTokens;
    }
}
