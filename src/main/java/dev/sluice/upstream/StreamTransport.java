package dev.sluice.upstream;

import dev.sluice.Endpoint;
import dev.sluice.config.Settings;
import dev.sluice.upstream.Transport.Receiver;
import dev.sluice.upstream.Transport.Response;
import dev.sluice.upstream.Transport.Wire;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Streams, through a client of Vert.x for each event loop, so that a stream stays on the event loop of its request. The
 * REST client cannot do it: its reader of server-sent events closes a connection that may already carry the next stream.
 */
final class StreamTransport implements AutoCloseable {
    private static final int CONNECT_MILLIS = 10_000;

    private final Vertx vertx;
    private final RequestOptions target;
    private final Map<Endpoint, String> paths = new ConcurrentHashMap<>();
    private final String basePath;
    private final String query;
    private final PerEventLoop<HttpClient> clients;

    /** @param address the provider's base URL with the query that every request has */
    StreamTransport(Vertx vertx, Settings.Provider.Remote provider, URI address, Map<String, String> headers) {
        this.vertx = vertx;
        boolean tls = "https".equalsIgnoreCase(address.getScheme());
        int port = address.getPort() >= 0 ? address.getPort() : tls ? 443 : 80;
        HttpClientOptions options = new HttpClientOptions()
                .setMaxPoolSize(provider.maxConcurrent()) // permits are the bound: nobody ever waits here
                .setConnectTimeout((int) Math.min(CONNECT_MILLIS, provider.firstByteTimeout().toMillis()))
                .setDecompressionSupported(false);
        this.clients = new PerEventLoop<>(vertx, () -> vertx.createHttpClient(new HttpClientOptions(options)));
        this.target = new RequestOptions().setMethod(HttpMethod.POST).setHost(address.getHost()).setPort(port)
                .setSsl(tls).setFollowRedirects(false)
                .putHeader("User-Agent", "sluice")
                .putHeader("Content-Type", "application/json")
                .putHeader("Accept", "text/event-stream");
        headers.forEach(target::putHeader);
        String path = address.getRawPath() == null ? "" : address.getRawPath();
        this.basePath = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        this.query = address.getRawQuery() == null ? "" : "?" + address.getRawQuery();
    }

    Wire open(Endpoint endpoint, Map<String, String> headers, byte[] body, Receiver receiver) {
        Call call = new Call(receiver);
        RequestOptions request = new RequestOptions(target)
                .setURI(paths.computeIfAbsent(endpoint, door -> basePath + door.path() + query));
        headers.forEach(request::putHeader);
        clients.get().request(request).onComplete(opened -> {
            if (opened.failed()) {
                call.failed(opened.cause());
            } else {
                call.send(opened.result(), body);
            }
        });
        return call;
    }

    @Override
    public void close() {
        clients.forEach(HttpClient::close);
    }

    /** One request and its response, on one context. */
    private final class Call implements Wire {
        private final Receiver receiver;
        private HttpClientRequest request;
        private HttpClientResponse response;
        private boolean over;
        private boolean paused;
        private boolean broken;

        Call(Receiver receiver) {
            this.receiver = receiver;
        }

        void send(HttpClientRequest opened, byte[] body) {
            if (over) {
                opened.reset();
                return;
            }
            request = opened;
            opened.exceptionHandler(this::failed);
            opened.send(Buffer.buffer(body)).onComplete(answered -> {
                if (answered.failed()) {
                    failed(answered.cause());
                } else if (!over) {
                    receive(answered.result());
                }
            });
        }

        private void receive(HttpClientResponse answered) {
            response = answered;
            answered.exceptionHandler(this::failed);
            answered.handler(piece -> {
                if (!over) {
                    receiver.data(piece);
                }
            });
            answered.endHandler(end -> {
                if (!over) {
                    over = true;
                    receiver.end();
                }
            });
            receiver.head(new Response(answered.statusCode(), answered.getHeader("Content-Type"),
                    answered.getHeader("Retry-After"), answered.getHeader("retry-after-ms"), RestTransport.NOTHING));
            if (paused) {
                answered.pause();
            }
        }

        private void failed(Throwable failure) {
            if (over || broken) {
                return;
            }
            TransportFault fault = new TransportFault(request != null,
                    RestTransport.reason(failure, request != null));
            if (paused && response != null) {
                broken = true;
                response.resume(); // what had arrived before comes first
                vertx.runOnContext(afterwards -> fail(fault));
            } else {
                fail(fault);
            }
        }

        private void fail(TransportFault fault) {
            if (!over) {
                over = true;
                receiver.failed(fault);
            }
        }

        @Override
        public void pause() {
            paused = true;
            if (response != null && !broken) {
                response.pause();
            }
        }

        @Override
        public void resume() {
            paused = false;
            if (response != null && !broken) {
                response.resume();
            }
        }

        @Override
        public void close() {
            if (!over) {
                over = true;
                if (request != null) {
                    request.reset();
                }
            }
        }
    }
}
