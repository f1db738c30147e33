package dev.sluice.http;

import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Gateway;
import dev.sluice.dialect.Dialect;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;

/** OpenAI's chat completions. */
@Path("/v1/chat/completions")
public final class ChatResource {
    private static final Dialect CHAT = Dialect.of(Endpoint.CHAT_COMPLETIONS);

    private final Authentication authentication;
    private final Gateway gateway;

    ChatResource(Authentication authentication, Gateway gateway) {
        this.authentication = authentication;
        this.gateway = gateway;
    }

    @POST
    public Uni<Response> complete(byte[] body, @Context HttpServerRequest http) {
        return authentication.caller(http).flatMap(caller -> {
            Exchange exchange = Exchange.of(RequestIds.of(http), CHAT.read(body).with(ForwardedHeaders.read(http)),
                    caller, WishHeaders.read(http));
            return gateway.serve(exchange).map(reply -> Replies.send(reply, CHAT, http.response()));
        });
    }
}
