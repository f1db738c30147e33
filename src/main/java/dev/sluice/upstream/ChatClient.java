package dev.sluice.upstream;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/**
 * OpenAI's and Anthropic's API as the REST client sees them: bytes in, bytes out, every status an answer. The entity of an
 * answer is a stream of its bytes, which have all been received: so no reader has to be found for them, nor for the headers
 * a copy be made.
 */
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public interface ChatClient {

    @POST
    @Path("/chat/completions")
    Uni<Response> chatCompletions(SentBody body);

    /** @param beta null: none */
    @POST
    @Path("/messages")
    Uni<Response> messages(@HeaderParam("anthropic-beta") String beta, SentBody body);

    @POST
    @Path("/responses")
    Uni<Response> responses(SentBody body);

    @POST
    @Path("/embeddings")
    Uni<Response> embeddings(SentBody body);
}
