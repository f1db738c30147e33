package dev.sluice.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Gateway;
import dev.sluice.Refused;
import dev.sluice.config.Settings;
import dev.sluice.dialect.Dialect;
import dev.sluice.routing.Decision;
import dev.sluice.routing.Router;
import dev.sluice.scoring.Scorer;
import dev.sluice.tokens.PromptBound;
import dev.sluice.tokens.Tokenizers;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** Anthropic's Messages API. */
@Path("/v1/messages")
public final class MessagesResource {
    private static final Dialect MESSAGES = Dialect.of(Endpoint.MESSAGES);
    /** What Anthropic's clients call {@code x-request-id}. */
    private static final String REQUEST_ID = "request-id";

    private final Authentication authentication;
    private final Gateway gateway;
    private final Scorer scorer;
    private final Router router;
    private final PromptBound prompts;

    MessagesResource(Authentication authentication, Gateway gateway, Scorer scorer, Router router,
            Tokenizers tokenizers, Settings settings) {
        this.authentication = authentication;
        this.gateway = gateway;
        this.scorer = scorer;
        this.router = router;
        this.prompts = new PromptBound(tokenizers, settings.limits().imageTokens(), settings.limits().audioTokens());
    }

    @POST
    public Uni<Response> create(byte[] body, @Context HttpServerRequest http) {
        return asked(body, http).flatMap(
                exchange -> gateway.serve(exchange).map(reply -> Replies.send(reply, MESSAGES, http.response())));
    }

    /** An estimate, by a public tokenizer: Anthropic's is not. Calls nobody, charges nothing. */
    @POST
    @Path("/count_tokens")
    @Produces(MediaType.APPLICATION_JSON)
    public Uni<Count> count(byte[] body, @Context HttpServerRequest http) {
        return asked(body, http).flatMap(exchange -> {
            Decision decision = router.decide(exchange.with(scorer.score(exchange.request().prompt())));
            if (decision instanceof Decision.Refused refused) {
                throw new Refused(refused.refusal());
            }
            return prompts.estimate(exchange.request(), ((Decision.Routed) decision).route().model()).map(Count::new);
        });
    }

    private Uni<Exchange> asked(byte[] body, HttpServerRequest http) {
        String id = RequestIds.of(http);
        http.response().putHeader(REQUEST_ID, id);
        return authentication.caller(http).map(caller -> Exchange.of(id,
                MESSAGES.read(body).with(ForwardedHeaders.read(http)), caller, WishHeaders.read(http)));
    }

    /** @param inputTokens of the whole prompt, tools included */
    public record Count(@JsonProperty("input_tokens") long inputTokens) {}
}
