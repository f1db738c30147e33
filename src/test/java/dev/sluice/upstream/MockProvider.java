package dev.sluice.upstream;

import dev.sluice.Usage;
import dev.sluice.json.Json;
import dev.sluice.json.Splice;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A provider of chat completions on a loopback port of its own. It does as it is told ({@link #next}, then
 * {@link #always}), keeps what reached it byte for byte, and keeps its own accounts, so that a test can compare them with
 * ours. All methods may be called from any thread.
 */
public final class MockProvider implements AutoCloseable {
    private static final int BYTES_PER_TOKEN = 4;

    /** How a call ends. */
    public enum Ending {
        /** The answer is sent whole. */
        WHOLE,
        /** Nothing is ever sent. */
        HANG,
        /** The connection is closed instead of an answer. */
        CLOSE,
        /** The connection is closed after half of the body. */
        CLOSE_MID_BODY
    }

    /**
     * What to do with one call.
     *
     * @param delay before the answer
     * @param body null: a completion that echoes the prompt's size, with usage, for 200 (as a stream if that is asked
     *        for); an error envelope otherwise
     * @param pieces null, or what is sent instead of a body, each with a write of its own
     */
    public record Act(int status, Map<String, String> headers, Duration delay, byte[] body, List<Piece> pieces,
            Ending ending) {
        public static Act ok() {
            return status(200);
        }

        public static Act status(int status) {
            return new Act(status, Map.of("Content-Type", "application/json"), Duration.ZERO, null, null, Ending.WHOLE);
        }

        public static Act body(String body) {
            return ok().withBody(body.getBytes(StandardCharsets.UTF_8));
        }

        public static Act hang() {
            return ok().ending(Ending.HANG);
        }

        /** A stream. */
        public static Act pieces(List<Piece> pieces) {
            return new Act(200, Map.of("Content-Type", "text/event-stream"), Duration.ZERO, null, pieces, Ending.WHOLE);
        }

        /** A stream of events with these data. */
        public static Act events(String... data) {
            return pieces(Stream.of(data).map(d -> new Piece(Duration.ZERO, ("data: " + d + "\n\n"))).toList());
        }

        public Act header(String name, String value) {
            Map<String, String> more = new LinkedHashMap<>(headers);
            more.put(name, value);
            return new Act(status, more, delay, body, pieces, ending);
        }

        public Act after(Duration pause) {
            return new Act(status, headers, pause, body, pieces, ending);
        }

        public Act withBody(byte[] bytes) {
            return new Act(status, headers, delay, bytes, pieces, ending);
        }

        public Act ending(Ending other) {
            return new Act(status, headers, delay, body, pieces, other);
        }
    }

    /** @param pause before it is sent, after the one before it was */
    public record Piece(Duration pause, byte[] bytes) {
        public Piece(Duration pause, String text) {
            this(pause, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** A request as it arrived; uri with its query. */
    public record Call(String method, String uri, Map<String, String> headers, byte[] body, long atNanos) {
        public Json json() {
            return Json.parse(body);
        }

        /** A header's value by its lower-case name; null where there is none. */
        public String header(String lowerCaseName) {
            return headers.get(lowerCaseName);
        }
    }

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final HttpServer server;
    private final Deque<Act> script = new ArrayDeque<>();
    private final List<Call> calls = new ArrayList<>();
    private Act otherwise = Act.ok();
    private Usage billed = Usage.NONE;
    private int running;
    private int mostRunning;
    private int abandoned;
    private int connections;
    private long streamedBytes;

    private MockProvider(int port) {
        server = vertx.createHttpServer().requestHandler(this::receive)
                .connectionHandler(connection -> connected());
        server.listen(port, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
    }

    public static MockProvider start() {
        return new MockProvider(0);
    }

    /** For a provider that comes back after it was down. */
    public static MockProvider startAt(int port) {
        return new MockProvider(port);
    }

    public int port() {
        return server.actualPort();
    }

    public URI baseUrl() {
        return URI.create("http://127.0.0.1:" + port() + "/v1");
    }

    /** For the following calls, one each. */
    public synchronized MockProvider next(Act... acts) {
        script.addAll(List.of(acts));
        return this;
    }

    /** For all calls that {@link #next} says nothing about; at first a good answer. */
    public synchronized MockProvider always(Act act) {
        otherwise = act;
        return this;
    }

    public synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    public synchronized Call lastCall() {
        return calls.get(calls.size() - 1);
    }

    /** Tokens of all completions that were sent whole. */
    public synchronized Usage billed() {
        return billed;
    }

    /** Calls that were being worked for at the same time, at most. */
    public synchronized int mostRunning() {
        return mostRunning;
    }

    public synchronized int running() {
        return running;
    }

    /** Calls whose client went away before its answer was complete. */
    public synchronized int abandoned() {
        return abandoned;
    }

    /** Connections that were opened since the start. */
    public synchronized int connections() {
        return connections;
    }

    /** Waits until so many calls have arrived. */
    public void awaitCalls(int count, Duration deadline) {
        await(() -> calls.size() >= count, deadline, count + " calls");
    }

    /** Waits until so many clients have gone away. */
    public void awaitAbandoned(int count, Duration deadline) {
        await(() -> abandoned >= count, deadline, count + " abandoned calls");
    }

    /** Lets that much time pass. */
    public void pause(Duration time) {
        vertx.timer(time.toMillis(), TimeUnit.MILLISECONDS).toCompletionStage().toCompletableFuture().join();
    }

    private synchronized void await(BooleanSupplier condition, Duration deadline, String what) {
        long end = System.nanoTime() + deadline.toNanos();
        while (!condition.getAsBoolean()) {
            long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
            if (left <= 0) {
                throw new AssertionError("Not seen within " + deadline + ": " + what + "; there were " + calls.size()
                        + " calls, " + abandoned + " abandoned.");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("Interrupted while waiting for " + what, e);
            }
        }
    }

    private synchronized void connected() {
        connections++;
    }

    private void receive(HttpServerRequest request) {
        long arrived = System.nanoTime();
        request.body().onSuccess(body -> {
            Map<String, String> headers = new LinkedHashMap<>();
            request.headers().forEach(header -> headers.put(header.getKey().toLowerCase(), header.getValue()));
            Call call = new Call(request.method().name(), request.uri(), headers, body.getBytes(), arrived);
            Act act = begin(call);
            HttpServerResponse response = request.response();
            response.endHandler(sentOrClosed -> finish(
                    !response.ended() && (act.ending() == Ending.WHOLE || act.ending() == Ending.HANG)));
            if (act.delay().isZero()) {
                answer(request, call, act);
            } else {
                vertx.setTimer(act.delay().toMillis(), fired -> answer(request, call, act));
            }
        });
    }

    private synchronized Act begin(Call call) {
        calls.add(call);
        mostRunning = Math.max(mostRunning, ++running);
        notifyAll();
        return script.isEmpty() ? otherwise : script.poll();
    }

    private synchronized void finish(boolean leftAlone) {
        running--;
        abandoned += leftAlone ? 1 : 0;
        notifyAll();
    }

    private synchronized void bill(Usage usage) {
        billed = billed.plus(usage);
    }

    private void answer(HttpServerRequest request, Call call, Act act) {
        HttpServerResponse response = request.response();
        if (act.ending() == Ending.HANG && act.pieces() == null || response.closed()) {
            return;
        }
        if (act.ending() == Ending.CLOSE && act.pieces() == null) {
            request.connection().close();
            return;
        }
        List<Piece> pieces = act.pieces();
        if (pieces == null && act.body() == null && act.status() == 200 && streamed(call.json())) {
            pieces = stream(call);
            bill(usage(call.json()));
            response.putHeader("Content-Type", "text/event-stream");
        } else {
            act.headers().forEach(response::putHeader);
        }
        if (pieces != null) {
            response.setStatusCode(act.status()).setChunked(true);
            send(request, act, pieces, 0);
            return;
        }
        byte[] body = act.body() != null ? act.body() : act.status() == 200 ? completion(call) : error(act.status());
        response.setStatusCode(act.status());
        if (act.ending() == Ending.CLOSE_MID_BODY) {
            response.putHeader("Content-Length", Integer.toString(body.length));
            response.write(Buffer.buffer(body).slice(0, body.length / 2))
                    .onComplete(written -> request.connection().close());
            return;
        }
        if (act.status() == 200 && act.body() == null) {
            bill(usage(call.json()));
        }
        response.end(Buffer.buffer(body));
    }

    /** Piece by piece, as fast as the other side reads. */
    private void send(HttpServerRequest request, Act act, List<Piece> pieces, int next) {
        HttpServerResponse response = request.response();
        if (response.closed()) {
            return;
        }
        if (next == pieces.size()) {
            if (act.ending() == Ending.WHOLE) {
                response.end();
            } else if (act.ending() != Ending.HANG) {
                request.connection().close();
            }
            return;
        }
        Piece piece = pieces.get(next);
        if (!piece.pause().isZero()) {
            vertx.setTimer(piece.pause().toMillis(), fired -> write(request, act, pieces, next));
        } else if (response.writeQueueFull()) {
            response.drainHandler(drained -> write(request, act, pieces, next));
        } else {
            write(request, act, pieces, next);
        }
    }

    private void write(HttpServerRequest request, Act act, List<Piece> pieces, int next) {
        byte[] bytes = pieces.get(next).bytes();
        request.response().write(Buffer.buffer(bytes)).onSuccess(written -> {
            sent(bytes.length);
            send(request, act, pieces, next + 1);
        });
    }

    private synchronized void sent(int bytes) {
        streamedBytes += bytes;
        notifyAll();
    }

    /** Bytes of streams that the network took. */
    public synchronized long streamedBytes() {
        return streamedBytes;
    }

    private static boolean streamed(Json request) {
        return request.is(request.member(request.root(), "stream"), Json.Kind.TRUE);
    }

    /** The same answer, a word to an event; with the usage if that is asked for. */
    private static List<Piece> stream(Call call) {
        Json request = call.json();
        String frame = "{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":"
                + Splice.quote(request.string(request.root(), "model").orElse("none")) + ",\"choices\":[";
        List<Piece> pieces = new ArrayList<>();
        pieces.add(event(
                frame + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}"));
        for (String word : List.of("Answer", " to", " " + call.body().length, " bytes.")) {
            pieces.add(event(frame + "{\"index\":0,\"delta\":{\"content\":" + Splice.quote(word)
                    + "},\"finish_reason\":null}]}"));
        }
        pieces.add(event(frame + "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"));
        int options = request.member(request.root(), "stream_options");
        if (request.is(request.member(options, "include_usage"), Json.Kind.TRUE)) {
            Usage usage = usage(request);
            pieces.add(event(frame + "],\"usage\":{\"prompt_tokens\":" + usage.inputTokens() + ",\"completion_tokens\":"
                    + usage.outputTokens() + ",\"total_tokens\":" + usage.totalTokens() + "}}"));
        }
        pieces.add(event("[DONE]"));
        return pieces;
    }

    private static Piece event(String data) {
        return new Piece(Duration.ZERO, "data: " + data + "\n\n");
    }

    private static byte[] completion(Call call) {
        Json request = call.json();
        Usage usage = usage(request);
        String model = request.string(request.root(), "model").orElse("none");
        StringBuilder text = new StringBuilder("Answer to ").append(call.body().length).append(" bytes.");
        return ("""
                {"id":"chatcmpl-mock","object":"chat.completion","created":1790000000,"model":%s,\
                "choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":"stop"}],\
                "usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}""").formatted(
                Splice.quote(model), Splice.quote(text.toString()), usage.inputTokens(), usage.outputTokens(),
                usage.totalTokens()).getBytes(StandardCharsets.UTF_8);
    }

    /** One token per four bytes of the messages, and seven for the answer unless the request allows fewer. */
    private static Usage usage(Json request) {
        int messages = request.member(request.root(), "messages");
        int bytes = messages == Json.NONE ? 0 : request.end(messages) - request.start(messages);
        long bound = Math.min(request.count(request.root(), "max_tokens", 7),
                request.count(request.root(), "max_completion_tokens", 7));
        return new Usage(bytes / BYTES_PER_TOKEN, 0, Math.min(7, bound));
    }

    private static byte[] error(int status) {
        return ("{\"error\":{\"message\":\"mock says " + status
                + "\",\"type\":\"mock_error\",\"param\":null,\"code\":null}}").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
