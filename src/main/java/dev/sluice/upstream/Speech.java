package dev.sluice.upstream;

import dev.sluice.Endpoint;
import dev.sluice.Model;
import dev.sluice.Reply.Answer;
import dev.sluice.Request;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.Api;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.StreamReader;
import dev.sluice.json.Json;
import dev.sluice.translation.StreamTranslation;
import dev.sluice.translation.Translation;
import dev.sluice.translation.Translations;
import dev.sluice.translation.Untranslatable;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/**
 * What a request is to its provider, and what the provider says to the client. Where both speak the same dialect, the same
 * bytes; else there is a translation between them.
 */
final class Speech {
    private static final String JSON = "application/json";

    private final Dialect client;
    private final Dialect provider;
    private final Request asked;
    private final Translation translation;

    /** @param translation null: none is needed */
    private Speech(Dialect client, Dialect provider, Request asked, Translation translation) {
        this.client = client;
        this.provider = provider;
        this.asked = asked;
        this.translation = translation;
    }

    /**
     * @param lacksResponses whether this provider, of OpenAI's API, is known not to have its Responses
     * @throws Untranslatable where the provider's dialect cannot say what the client asks for
     */
    static Speech of(Request request, Model model, Settings.Provider.Remote provider, boolean lacksResponses) {
        Dialect client = Dialect.of(request.endpoint());
        Optional<Endpoint> foreign = foreign(request.endpoint(), provider.api(), lacksResponses);
        if (foreign.isEmpty()) {
            return new Speech(client, client, request, null);
        }
        Dialect spoken = Dialect.of(foreign.get());
        Translation translation = translation(request, model, provider);
        Request asked = new Request(spoken.endpoint(), Json.parse(translation.request()), request.model(),
                request.prompt(), request.outputBound(), 1, request.streamed(), request.headers());
        return new Speech(client, spoken, asked, translation);
    }

    /** Where such a provider takes what comes in here; empty: at the same endpoint. */
    private static Optional<Endpoint> foreign(Endpoint endpoint, Api api, boolean lacksResponses) {
        if (api == Api.ANTHROPIC) {
            return endpoint == Endpoint.MESSAGES ? Optional.empty() : Optional.of(Endpoint.MESSAGES);
        }
        return endpoint == Endpoint.MESSAGES || endpoint == Endpoint.RESPONSES && lacksResponses
                ? Optional.of(Endpoint.CHAT_COMPLETIONS)
                : Optional.empty();
    }

    private static Translation translation(Request request, Model model, Settings.Provider.Remote provider) {
        byte[] body = request.body().bytes();
        return switch (request.endpoint()) {
            case CHAT_COMPLETIONS -> Translations.chatToMessages(body, model.upstreamName(), Clock.systemUTC());
            case MESSAGES -> Translations.messagesToChat(body, model.upstreamName(), boundName(provider));
            case RESPONSES -> provider.api() == Api.ANTHROPIC
                    ? Translations.responsesToMessages(body, model.upstreamName(), Clock.systemUTC())
                    : Translations.responsesToChat(body, boundName(provider));
            default -> throw new Untranslatable("model",
                    "The provider of this model has nothing like " + request.endpoint().path() + ".");
        };
    }

    private static String boundName(Settings.Provider.Remote provider) {
        return Dialect.of(Endpoint.CHAT_COMPLETIONS).boundName(provider.baseUrl().getHost());
    }

    /** What the client speaks. */
    Dialect client() {
        return client;
    }

    /** What the provider speaks. */
    Dialect provider() {
        return provider;
    }

    /** The request as the provider reads it, but for what {@link Outbound} changes. */
    Request asked() {
        return asked;
    }

    /** Headers of the client that reach this provider. */
    Map<String, String> headers() {
        return provider.endpoint() == Endpoint.MESSAGES ? asked.headers() : Map.of();
    }

    StreamReader reader(String model) {
        return provider.reader(asked, model);
    }

    /** For one attempt at a stream; null where events pass as they are. */
    StreamTranslation stream() {
        return translation == null ? null : translation.stream();
    }

    /** @throws dev.sluice.translation.UnreadableAnswer */
    Answer toClient(Answer answer) {
        if (translation == null) {
            return answer;
        }
        byte[] body = answer.ok()
                ? translation.answer(answer.body())
                : translation.error(answer.status(), answer.body());
        return new Answer(answer.status(), JSON, body, answer.retryAfterSeconds(), answer.finish(), answer.receipt());
    }
}
