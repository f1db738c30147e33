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

/** Anthropic's Messages API. */
@Path("/v1/messages")
public final class MessagesResource {
    private static final Dialect MESSAGES = Dialect.of(Endpoint.MESSAGES);
    /** What Anthropic's clients call {@code x-request-id}. */
    private static final String REQUEST_ID = "request-id";

    private final Authentication authentication;
    private final Gateway gateway;

    MessagesResource(Authentication authentication, Gateway gateway) {
        this.authentication = authentication;
        this.gateway = gateway;
    }

    @POST
    public Uni<Response> create(byte[] body, @Context HttpServerRequest http) {
        String id = RequestIds.of(http);
        http.response().putHeader(REQUEST_ID, id);
        return authentication.caller(http).flatMap(caller -> {
            Exchange exchange = Exchange.of(id, MESSAGES.read(body).with(ForwardedHeaders.read(http)), caller,
                    WishHeaders.read(http));
            return gateway.serve(exchange).map(reply -> Replies.response(reply, MESSAGES));
        });
    }
}
