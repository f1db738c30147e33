package dev.sluice.http;

import dev.sluice.sse.SseEvent;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.UnaryOperator;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Writes a stream straight to the connection: its events' bytes as they are, one write for what came with one read. No
 * more is asked for while the client's side of the connection is full, and a client that goes away ends the stream.
 */
@Provider
public final class EventStreamWriter implements ServerMessageBodyWriter<EventStream> {

    @Override
    public boolean isWriteable(Class<?> type, Type generic, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return type == EventStream.class;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
        return type == EventStream.class;
    }

    @Override
    public void writeResponse(EventStream stream, Type generic, ServerRequestContext context) {
        ResteasyReactiveRequestContext request = (ResteasyReactiveRequestContext) context;
        request.suspend();
        HttpServerResponse response = request.unwrap(RoutingContext.class).response();
        stream.source().tell(UnaryOperator.identity()).subscribe()
                .withSubscriber(new Teller(response, request::resume));
    }

    @Override
    public void writeTo(EventStream stream, Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType,
            MultivaluedMap<String, Object> headers, OutputStream out) {
        throw new UnsupportedOperationException("A stream is written to a connection.");
    }

    /** Used on the event loop of the connection only. */
    private static final class Teller implements Flow.Subscriber<List<SseEvent>> {
        private final HttpServerResponse response;
        private final Runnable done;
        private Flow.Subscription subscription;
        private Buffer last;
        private boolean ended;

        Teller(HttpServerResponse response, Runnable done) {
            this.response = response;
            this.done = done;
        }

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            response.closeHandler(closed -> leave());
            response.exceptionHandler(broken -> leave());
            response.drainHandler(drained -> subscription.request(1));
            if (response.closed()) {
                leave();
            } else {
                response.setChunked(true);
                subscription.request(1);
            }
        }

        @Override
        public void onNext(List<SseEvent> events) {
            if (ended) {
                return;
            }
            writeLast();
            Buffer bytes = bytes(events);
            if (tellsCost(events)) {
                last = bytes;
                subscription.request(1);
                return;
            }
            if (bytes.length() > 0) {
                response.write(bytes);
            }
            if (!response.writeQueueFull()) {
                subscription.request(1);
            }
        }

        /** Then the end follows, and both are one write. */
        private static boolean tellsCost(List<SseEvent> events) {
            for (int i = events.size() - 1; i >= 0; i--) {
                if (events.get(i).isCost()) {
                    return true;
                }
            }
            return false;
        }

        /** It was not the last after all. */
        private void writeLast() {
            if (last != null) {
                response.write(last);
                last = null;
            }
        }

        private static Buffer bytes(List<SseEvent> events) {
            int length = 0;
            for (SseEvent event : events) {
                length += event.hidden() ? 0 : event.length();
            }
            Buffer bytes = Buffer.buffer(length);
            for (SseEvent event : events) {
                if (!event.hidden()) {
                    event.writeTo(bytes::appendBytes);
                }
            }
            return bytes;
        }

        @Override
        public void onComplete() {
            if (end()) {
                if (last == null) {
                    response.end();
                } else {
                    response.end(last);
                }
                done.run();
            }
        }

        /** A defect of ours: the client has to see that this was not the end. */
        @Override
        public void onError(Throwable defect) {
            if (end()) {
                response.reset();
                done.run();
            }
        }

        private void leave() {
            if (end()) {
                subscription.cancel();
                done.run();
            }
        }

        private boolean end() {
            boolean first = !ended;
            ended = true;
            return first;
        }
    }
}
