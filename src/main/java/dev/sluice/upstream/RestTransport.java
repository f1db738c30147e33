package dev.sluice.upstream;

import dev.sluice.Endpoint;
import dev.sluice.config.Settings;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.impl.ContextInternal;
import jakarta.ws.rs.core.UriBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jboss.resteasy.reactive.client.api.QuarkusRestClientProperties;

/** Whole answers through Quarkus' REST client, an instance with a pool of its own per event loop; streams beside it. */
final class RestTransport implements Transport {
    /** Larger answers are cut off: they would take the memory of everybody else's. */
    static final long MAX_ANSWER_BYTES = 64L << 20;

    private static final long CONNECT_MILLIS = 10_000;
    private static final long GRACE_MILLIS = 1_000;
    static final byte[] NOTHING = {};
    private static final String BEARER = "Bearer ";

    private final PerEventLoop<ChatClient> clients;
    private final StreamTransport streams;

    RestTransport(Vertx vertx, Settings.Provider.Remote provider) {
        streams = new StreamTransport(vertx, provider, address(provider), headers(provider));
        clients = new PerEventLoop<>(vertx, () -> open(provider));
    }

    private static ChatClient open(Settings.Provider.Remote provider) {
        return QuarkusRestClientBuilder.newBuilder()
                .baseUri(address(provider))
                .followRedirects(false)
                .disableDefaultMapper(true)
                .enableCompression(false)
                .userAgent("sluice")
                .connectTimeout(Math.min(CONNECT_MILLIS, provider.timeout().toMillis()), TimeUnit.MILLISECONDS)
                // The guard's time-out comes first; this one frees what it may have missed.
                .readTimeout(provider.timeout().toMillis() + GRACE_MILLIS, TimeUnit.MILLISECONDS)
                .property(QuarkusRestClientProperties.CONNECTION_POOL_SIZE, provider.maxConcurrent()) // never waited for
                .property(QuarkusRestClientProperties.STATIC_HEADERS, headers(provider))
                .register(new SentBody.Writer())
                .httpClientRequestCustomizer(RestTransport::prepare)
                .build(ChatClient.class);
    }

    private static URI address(Settings.Provider.Remote provider) {
        UriBuilder address = UriBuilder.fromUri(provider.baseUrl());
        provider.query().forEach(address::queryParam);
        return address.build();
    }

    private static Map<String, String> headers(Settings.Provider.Remote provider) {
        Map<String, String> headers = new HashMap<>(provider.headers());
        provider.apiKey().ifPresent(key -> headers.put(provider.authHeader(),
                provider.authHeader().equalsIgnoreCase("Authorization") ? BEARER + key.value() : key.value()));
        return headers;
    }

    private static void prepare(HttpClientRequest request) {
        request.exceptionHandler(failure -> {
            // comes with the response's future too; without a handler a client that leaves would be logged as an error
        });
        request.response().onSuccess(response -> {
            long[] received = { 0};
            response.handler(chunk -> { // beside the REST client's own reader, which would take whatever comes
                received[0] += chunk.length();
                if (received[0] > MAX_ANSWER_BYTES) {
                    request.reset();
                }
            });
        });
    }

    @Override
    public void prepare() {
        clients.prepare();
    }

    @Override
    public Uni<Response> post(Endpoint endpoint, Map<String, String> headers, byte[] body) {
        return Uni.createFrom().emitter(emitter -> new Call(emitter).start(endpoint, headers, body));
    }

    @Override
    public Wire open(Endpoint endpoint, Map<String, String> headers, byte[] body, Receiver receiver) {
        return streams.open(endpoint, headers, body, receiver);
    }

    @Override
    public void close() {
        streams.close();
        clients.forEach(RestTransport::close);
    }

    private static void close(ChatClient client) {
        if (client instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException("The connections of a provider could not be closed.", e);
            }
        }
    }

    private final class Call {
        private final UniEmitter<? super Response> emitter;
        private final ContextInternal context = ContextInternal.current();
        private final AtomicBoolean cancelled = new AtomicBoolean();
        private volatile boolean written;
        private volatile Cancellable subscription;

        Call(UniEmitter<? super Response> emitter) {
            this.emitter = emitter;
        }

        void start(Endpoint endpoint, Map<String, String> headers, byte[] body) {
            emitter.onTermination(this::cancel);
            SentBody sent = new SentBody(body, this::written);
            subscription = context == null
                    ? send(endpoint, headers, sent).subscribe().with(this::answered, this::failed)
                    : apart(() -> send(endpoint, headers, sent).subscribe().with(
                            response -> context.emit(response, this::answered),
                            failure -> context.emit(failure, this::failed)));
            cancelIfPossible();
        }

        /** Beside the client's request, whose headers the REST client would copy for whoever might forward them. */
        private Cancellable apart(Supplier<Cancellable> sending) {
            ContextInternal apart = context.duplicate();
            ContextInternal before = apart.beginDispatch();
            try {
                return sending.get();
            } finally {
                apart.endDispatch(before);
            }
        }

        private Uni<jakarta.ws.rs.core.Response> send(Endpoint endpoint, Map<String, String> headers, SentBody body) {
            ChatClient client = clients.get();
            return switch (endpoint) {
                case CHAT_COMPLETIONS -> client.chatCompletions(body);
                case MESSAGES -> client.messages(headers.get("anthropic-beta"), body);
                case RESPONSES -> client.responses(body);
                case EMBEDDINGS -> client.embeddings(body);
                default -> throw new IllegalArgumentException("Nobody serves " + endpoint + ".");
            };
        }

        private void written() {
            written = true;
            cancelIfPossible();
        }

        private void cancel() {
            cancelled.set(true);
            cancelIfPossible();
        }

        private void cancelIfPossible() {
            Cancellable running = subscription;
            if (written && cancelled.get() && running != null) {
                running.cancel();
            }
        }

        private void answered(jakarta.ws.rs.core.Response response) {
            try {
                emitter.complete(new Response(response.getStatus(), response.getHeaderString("Content-Type"),
                        response.getHeaderString("Retry-After"), response.getHeaderString("retry-after-ms"),
                        bytes(response.getEntity())));
            } catch (IOException e) {
                failed(e);
            }
        }

        /** The stream is one of memory, which says exactly how much there is of it. */
        private byte[] bytes(Object entity) throws IOException {
            if (entity == null) {
                return NOTHING;
            }
            try (InputStream stream = (InputStream) entity) {
                byte[] bytes = new byte[stream.available()];
                stream.readNBytes(bytes, 0, bytes.length);
                return bytes;
            }
        }

        private void failed(Throwable failure) {
            emitter.fail(new TransportFault(written, reason(failure, written)));
        }
    }

    /** Never the failure's own message: it names the address, which may hold secrets. */
    static String reason(Throwable failure, boolean written) {
        if (failure instanceof UnknownHostException) {
            return "could not be reached: its host name is unknown";
        }
        if (failure instanceof ConnectException) {
            return "could not be reached: the connection was refused or took too long";
        }
        if (failure instanceof SSLException) {
            return "could not be reached: the TLS handshake failed";
        }
        if (failure instanceof StreamResetException) {
            return "sent more than " + MAX_ANSWER_BYTES + " bytes";
        }
        if (failure instanceof HttpClosedException || failure instanceof IOException) {
            return written ? "closed the connection before its answer was complete" : "could not be reached";
        }
        return "could not be understood";
    }
}
