package dev.sluice.upstream;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/**
 * A body that tells when it is written. The REST client forgets a call that is cancelled while its connection is still
 * being opened, and with it the connection, which is then lost to the pool; so a cancellation waits for this moment.
 *
 * @param written called on the event loop of the call, when the request exists and is about to be sent
 */
public record SentBody(byte[] bytes, Runnable written) {

    /** Writes the bytes as they are. */
    static final class Writer implements MessageBodyWriter<SentBody> {
        @Override
        public boolean isWriteable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
            return type == SentBody.class;
        }

        @Override
        public void writeTo(SentBody body, Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType,
                MultivaluedMap<String, Object> headers, OutputStream out) throws IOException {
            out.write(body.bytes());
            body.written().run();
        }
    }
}
