package dev.sluice.bench;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;

/** A provider that costs as little CPU as a server can: one answer, always the same, as soon as the body has arrived. */
public final class MockUpstream extends AbstractVerticle {
    private static final String SENTENCE = "A token bucket holds as many tokens as may be spent at once and is refilled"
            + " at the rate that may be spent in the long run; a request takes what it needs or waits. ";

    private final Buffer answer = Buffer.buffer("{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\","
            + "\"created\":1790000000,\"model\":\"bench-upstream\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
            + "\"assistant\",\"content\":\"" + SENTENCE.repeat(2) + "\"},\"finish_reason\":\"stop\"}],\"usage\":"
            + "{\"prompt_tokens\":90,\"completion_tokens\":60,\"total_tokens\":150}}");

    public static void main(String[] arguments) {
        Vertx.vertx().deployVerticle(MockUpstream.class, new DeploymentOptions());
    }

    @Override
    public void start(Promise<Void> started) {
        vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0)).requestHandler(this::answer)
                .listen().onSuccess(server -> Child.listening(server.actualPort()))
                .<Void>mapEmpty().onComplete(started);
    }

    private void answer(HttpServerRequest request) {
        request.endHandler(
                arrived -> request.response().putHeader("Content-Type", "application/json").end(answer));
    }
}
