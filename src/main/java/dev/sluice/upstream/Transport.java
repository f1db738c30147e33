package dev.sluice.upstream;

import dev.sluice.Endpoint;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import java.util.Map;

/** The bytes' way to one provider and back, over connections of its own. */
interface Transport extends AutoCloseable {

    /** See {@link Provider#prepare}. */
    default void prepare() {
    }

    /**
     * Posts a JSON body and reads the answer whole, whatever its status. Nothing happens before the subscription;
     * cancelling it closes the connection.
     *
     * @param headers of this request, beside those that every request to the provider has
     * @return fails with {@link TransportFault} only
     */
    Uni<Response> post(Endpoint endpoint, Map<String, String> headers, byte[] body);

    /**
     * Posts a JSON body and hands on what comes back as it comes. To be called on a Vert.x context; the receiver is called
     * on the same.
     */
    Wire open(Endpoint endpoint, Map<String, String> headers, byte[] body, Receiver receiver);

    @Override
    void close();

    /**
     * What came back; texts are null where the header was absent.
     *
     * @param retryAfter seconds or an HTTP date (RFC 9110, 10.2.3)
     * @param retryAfterMs milliseconds, as OpenAI sends them
     * @param body empty where it is still to come
     */
    record Response(int status, String contentType, String retryAfter, String retryAfterMs, byte[] body) {

        Response with(byte[] whole) {
            return new Response(status, contentType, retryAfter, retryAfterMs, whole);
        }
    }

    /** Who is told of a response: its head, its body in pieces, and, unless the wire is closed first, one end. */
    interface Receiver {
        void head(Response head);

        void data(Buffer piece);

        void end();

        void failed(TransportFault fault);
    }

    /** A response that is coming in. */
    interface Wire {

        /** Nothing more is handed on until {@link #resume}; what the provider sends meanwhile stays in the network. */
        void pause();

        void resume();

        /** Ends the call at once, wherever it is; the receiver is not called again. */
        void close();
    }
}
