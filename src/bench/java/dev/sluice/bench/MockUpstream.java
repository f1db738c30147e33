package dev.sluice.bench;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A provider that costs as little CPU as a server can: one answer, always the same, as soon as the body has arrived, or
 * the same {@value #EVENTS} events, each with a write of its own.
 */
public final class MockUpstream extends AbstractVerticle {
    static final int EVENTS = 100;
    /** How a body begins that asks for a stream. */
    static final String STREAMED = "{\"stream\":true,";

    private static final byte[] STREAMED_BYTES = STREAMED.getBytes(StandardCharsets.US_ASCII);
    private static final String SENTENCE = "A token bucket holds as many tokens as may be spent at once and is refilled"
            + " at the rate that may be spent in the long run; a request takes what it needs or waits. ";
    private static final String HEAD = "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion%s\","
            + "\"created\":1790000000,\"model\":\"bench-upstream\",\"choices\":[";
    private static final String USAGE = "],\"usage\":{\"prompt_tokens\":90,\"completion_tokens\":60,"
            + "\"total_tokens\":150}}";

    private final Buffer answer = Buffer.buffer(HEAD.formatted("") + "{\"index\":0,\"message\":{\"role\":"
            + "\"assistant\",\"content\":\"" + SENTENCE.repeat(2) + "\"},\"finish_reason\":\"stop\"}" + USAGE);
    private final Buffer event = event(HEAD.formatted(".chunk")
            + "{\"index\":0,\"delta\":{\"content\":\" tokens\"},\"finish_reason\":null}]}");
    private final Buffer end = event(HEAD.formatted(".chunk")
            + "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
            .appendBuffer(event(HEAD.formatted(".chunk") + USAGE)).appendBuffer(event("[DONE]"));

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
        request.bodyHandler(body -> {
            HttpServerResponse response = request.response();
            if (streamed(body)) {
                response.setChunked(true).putHeader("Content-Type", "text/event-stream");
                for (int i = 0; i < EVENTS; i++) {
                    response.write(event);
                }
                response.end(end);
            } else {
                response.putHeader("Content-Type", "application/json").end(answer);
            }
        });
    }

    private static boolean streamed(Buffer body) {
        return body.length() > STREAMED_BYTES.length
                && Arrays.equals(body.getBytes(0, STREAMED_BYTES.length), STREAMED_BYTES);
    }

    private static Buffer event(String data) {
        return Buffer.buffer("data: " + data + "\n\n");
    }
}
