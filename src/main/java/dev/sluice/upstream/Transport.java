package dev.sluice.upstream;

import dev.sluice.Endpoint;
import io.smallrye.mutiny.Uni;

/** The bytes' way to one provider and back, over connections of its own. */
interface Transport extends AutoCloseable {

    /**
     * Posts a JSON body and reads the answer whole, whatever its status. Nothing happens before the subscription;
     * cancelling it closes the connection.
     *
     * @return fails with {@link TransportFault} only
     */
    Uni<Response> post(Endpoint endpoint, byte[] body);

    @Override
    void close();

    /**
     * What came back; texts are null where the header was absent.
     *
     * @param retryAfter seconds or an HTTP date (RFC 9110, 10.2.3)
     * @param retryAfterMs milliseconds, as OpenAI sends them
     */
    record Response(int status, String contentType, String retryAfter, String retryAfterMs, byte[] body) {}
}
