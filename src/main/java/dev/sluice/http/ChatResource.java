package dev.sluice.http;

import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Gateway;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
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
            Request request = CHAT.read(body);
            if (request.streamed()) {
                throw new Refused(Refusal.invalid("stream",
                        "Streaming is not served yet: leave `stream` out or set it to false."));
            }
            Exchange exchange = Exchange.of(RequestIds.of(http), request, caller, WishHeaders.read(http));
            return gateway.serve(exchange).map(reply -> Replies.response(reply, CHAT));
        });
    }
}
