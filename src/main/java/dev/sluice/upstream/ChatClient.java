package dev.sluice.upstream;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.RestResponse;

/** OpenAI's and Anthropic's API as the REST client sees them: bytes in, bytes out, every status an answer. */
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public interface ChatClient {

    @POST
    @Path("/chat/completions")
    Uni<RestResponse<byte[]>> chatCompletions(SentBody body);

    /** @param beta null: none */
    @POST
    @Path("/messages")
    Uni<RestResponse<byte[]>> messages(@HeaderParam("anthropic-beta") String beta, SentBody body);

    @POST
    @Path("/responses")
    Uni<RestResponse<byte[]>> responses(SentBody body);

    @POST
    @Path("/embeddings")
    Uni<RestResponse<byte[]>> embeddings(SentBody body);
}
