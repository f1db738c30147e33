package dev.sluice.bench;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;

/**
 * What the gateway is compared with: the least that a reverse proxy on the same runtime can do. It passes bytes on in
 * both directions as they come, on one event loop per request, and looks at nothing.
 */
public final class PlainProxy extends AbstractVerticle {
    private static final int BAD_GATEWAY = 502;
    private static final int CONNECTIONS = 1024;
    private static final String UPSTREAM = "upstream";
    /** The same free port for all instances. */
    private static final int SHARED_RANDOM_PORT = -1;

    private HttpClient client;

    /** @param arguments the port of the upstream on loopback */
    public static void main(String[] arguments) {
        Vertx.vertx().deployVerticle(PlainProxy.class,
                new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors())
                        .setConfig(new JsonObject().put(UPSTREAM, Integer.parseInt(arguments[0]))));
    }

    @Override
    public void start(Promise<Void> started) {
        client = vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(CONNECTIONS));
        vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(SHARED_RANDOM_PORT))
                .requestHandler(this::forward).listen()
                .onSuccess(server -> Child.listening(server.actualPort()))
                .<Void>mapEmpty().onComplete(started);
    }

    private void forward(HttpServerRequest request) {
        request.pause();
        client.request(new RequestOptions().setMethod(request.method()).setHost("127.0.0.1")
                .setPort(config().getInteger(UPSTREAM))
                .setURI(request.uri())).compose(upstream -> send(request, upstream))
                .compose(answer -> reply(request, answer))
                .onFailure(failure -> {
                    if (!request.response().headWritten()) {
                        request.response().setStatusCode(BAD_GATEWAY).end();
                    }
                });
    }

    private static Future<HttpClientResponse> send(HttpServerRequest request,
            HttpClientRequest upstream) {
        upstream.headers().addAll(request.headers()).remove("Host");
        return upstream.send(request);
    }

    private static Future<Void> reply(HttpServerRequest request, HttpClientResponse answer) {
        request.response().setStatusCode(answer.statusCode()).headers().addAll(answer.headers());
        return request.response().send(answer);
    }
}
