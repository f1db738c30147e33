package dev.sluice.upstream;

import dev.sluice.Endpoint;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.ConnectException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** The plainest transport that keeps the promises of one, so that the guards can be tested without the application. */
final class VertxTransport implements Transport {
    private final HttpClient client;
    private final String base;
    private final StreamTransport streams;

    VertxTransport(Vertx vertx, Settings.Provider.Remote provider) {
        streams = new StreamTransport(vertx, provider, provider.baseUrl(), Map.of());
        client = vertx.createHttpClient(new HttpClientOptions().setMaxPoolSize(provider.maxConcurrent()));
        base = provider.baseUrl().toString();
    }

    @Override
    public Uni<Response> post(Endpoint endpoint, Map<String, String> headers, byte[] body) {
        return Uni.createFrom().emitter(emitter -> {
            AtomicBoolean cancelled = new AtomicBoolean();
            client.request(new RequestOptions().setMethod(HttpMethod.POST).setAbsoluteURI(base + endpoint.path()))
                    .onFailure(failure -> emitter.fail(new TransportFault(!(failure instanceof ConnectException),
                            "could not be reached")))
                    .onSuccess(request -> {
                        emitter.onTermination(() -> {
                            cancelled.set(true);
                            request.reset();
                        });
                        if (!cancelled.get()) {
                            headers.forEach(request::putHeader);
                            request.send(Buffer.buffer(body))
                                    .flatMap(response -> response.body().map(bytes -> whole(response, bytes)))
                                    .onSuccess(emitter::complete)
                                    .onFailure(failure -> emitter
                                            .fail(new TransportFault(true, "closed the connection")));
                        }
                    });
        });
    }

    private static Response whole(HttpClientResponse response, Buffer body) {
        return new Response(response.statusCode(), response.getHeader("Content-Type"),
                response.getHeader("Retry-After"), response.getHeader("retry-after-ms"), body.getBytes());
    }

    @Override
    public Wire open(Endpoint endpoint, Map<String, String> headers, byte[] body, Receiver receiver) {
        return streams.open(endpoint, headers, body, receiver);
    }

    @Override
    public void close() {
        streams.close();
        client.close();
    }
}
