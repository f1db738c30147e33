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

/** OpenAI's embeddings. */
@Path("/v1/embeddings")
public final class EmbeddingsResource {
    private static final Dialect EMBEDDINGS = Dialect.of(Endpoint.EMBEDDINGS);

    private final Authentication authentication;
    private final Gateway gateway;

    EmbeddingsResource(Authentication authentication, Gateway gateway) {
        this.authentication = authentication;
        this.gateway = gateway;
    }

    @POST
    public Uni<Response> embed(byte[] body, @Context HttpServerRequest http) {
        return authentication.caller(http).flatMap(caller -> {
            Exchange exchange = Exchange.of(RequestIds.of(http), EMBEDDINGS.read(body), caller, WishHeaders.read(http));
            return gateway.serve(exchange).map(reply -> Replies.send(reply, EMBEDDINGS, http.response()));
        });
    }
}
