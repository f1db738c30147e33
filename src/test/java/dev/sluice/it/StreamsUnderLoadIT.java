package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.json.Json;
import dev.sluice.redis.TestRedis;
import dev.sluice.sse.SseEvent;
import dev.sluice.sse.SseParser;
import dev.sluice.upstream.MockProvider;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many streams at the same time through the packaged gateway with a heap of 256 MB, each telling 20 events a second, from a
 * provider that counts them to a client that misses none; with and without the semantic look-up, which is a miss for each.
 * What it prints, {@code streams …} a line each, is the figures.
 */
class StreamsUnderLoadIT {
    private static final long EVENT_EVERY_MILLIS = 50;
    private static final long PATIENCE_SECONDS = 180;
    /** Short streams before those that count: a cold virtual machine would measure its compiler. */
    private static final int WARMING = Integer.getInteger("load.warming", 2_000);
    /** Up to here streams are short, so that there are enough first events in seconds for a 99th percentile. */
    private static final int FEW = 64;
    /** What a busy machine keeps to. */
    private static final double MOST_ADDED_MILLIS = 250;
    private static final double NANOS_PER_MILLI = 1e6;
    /** Twice the heap and some more for code, threads and buffers. */
    private static final long MOST_MEBIBYTES = 640;

    private static Vertx vertx;
    private static TestRedis redis;
    private static MockProvider unused;
    private static HttpServer provider;
    private static HttpClient client;
    private static final Map<Boolean, Replica> GATEWAYS = new HashMap<>();
    /** The provider takes fewer streams at the same time than clients want. */
    private static final int NARROW = 16;
    private static final long ASK_AGAIN_MILLIS = 250;
    private static Replica narrow;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        provider = vertx.createHttpServer().requestHandler(StreamsUnderLoadIT::tell).listen(0, "127.0.0.1")
                .toCompletionStage().toCompletableFuture().join();
        client = vertx.createHttpClient(new HttpClientOptions().setMaxPoolSize(2048));
        redis = TestRedis.start();
        unused = MockProvider.start();
        Map<String, String> properties = World.properties(redis, unused);
        properties.put("sluice.providers.mock.base-url", provider(""));
        properties.put("sluice.providers.mock.max-concurrent", "1024");
        for (boolean semantic : new boolean[]{ false, true}) {
            properties.put("sluice.cache.semantic.enabled", Boolean.toString(semantic));
            GATEWAYS.put(semantic, Replica.start(properties));
        }
        properties.put("sluice.cache.semantic.enabled", "false");
        properties.put("sluice.providers.mock.max-concurrent", Integer.toString(NARROW));
        narrow = Replica.start(properties);
    }

    @AfterAll
    static void stop() {
        GATEWAYS.values().forEach(Replica::close);
        narrow.close();
        unused.close();
        redis.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private static String provider(String path) {
        return "http://127.0.0.1:" + provider.actualPort() + "/v1" + path;
    }

    /** The client's user says which events it wants: {@code name events}. */
    private static void tell(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            Json json = Json.parse(body.getBytes());
            int message = json.first(json.member(json.root(), "messages"));
            String[] wanted = json.string(message, "content").orElseThrow().split(" ");
            int events = Integer.parseInt(wanted[1]);
            HttpServerResponse response = request.response().setChunked(true)
                    .putHeader("Content-Type", "text/event-stream");
            AtomicInteger next = new AtomicInteger();
            response.write(event(wanted[0], next.getAndIncrement()));
            long timer = vertx.setPeriodic(1 + ThreadLocalRandom.current().nextLong(EVENT_EVERY_MILLIS),
                    EVENT_EVERY_MILLIS, id -> {
                        int number = next.getAndIncrement();
                        if (response.closed() || response.ended()) {
                            vertx.cancelTimer(id);
                        } else if (number < events) {
                            response.write(event(wanted[0], number));
                        } else {
                            vertx.cancelTimer(id);
                            response.end(
                                    Buffer.buffer("data: {\"model\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{},"
                                            + "\"finish_reason\":\"stop\"}]}\n\ndata: {\"model\":\"theirs\",\"choices\":[],\"usage\":"
                                            + "{\"prompt_tokens\":10,\"completion_tokens\":" + events
                                            + "}}\n\ndata: [DONE]\n\n"));
                        }
                    });
            response.exceptionHandler(gone -> vertx.cancelTimer(timer));
        });
    }

    private static Buffer event(String name, int number) {
        return Buffer
                .buffer("data: {\"id\":\"chatcmpl-load\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,"
                        + "\"model\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + name + "/"
                        + number
                        + " \"},\"finish_reason\":null}]}\n\n");
    }

    /** What the client saw of many streams. */
    private static final class Seen {
        private final ConcurrentLinkedQueue<Long> firstNanos = new ConcurrentLinkedQueue<>();
        private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
        private final AtomicLong events = new AtomicLong();
        private final AtomicLong wanted = new AtomicLong();
        private final AtomicInteger streams = new AtomicInteger();
        private final AtomicInteger refusals = new AtomicInteger();

        double millis(int percent) {
            long[] sorted = firstNanos.stream().mapToLong(Long::longValue).sorted().toArray();
            return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)] / NANOS_PER_MILLI;
        }
    }

    /** One stream, read to its end. */
    private static final class Listening {
        private final Seen seen;
        private final String name;
        private final int wanted;
        private final Runnable done;
        private final SseParser parser = new SseParser(1 << 20);
        private final long sentNanos = System.nanoTime();
        private int next;
        private boolean terminal;
        private boolean over;

        Listening(Seen seen, String name, int wanted, Runnable done) {
            this.seen = seen;
            seen.wanted.addAndGet(wanted);
            this.name = name;
            this.wanted = wanted;
            this.done = done;
        }

        void start(URI target) {
            byte[] body = ("{\"model\":\"cheap\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" + name
                    + " " + wanted + "\"}]}").getBytes(StandardCharsets.UTF_8);
            client.request(new RequestOptions().setMethod(HttpMethod.POST).setAbsoluteURI(target.toString())
                    .putHeader("Authorization", "Bearer " + World.secret("team-a")))
                    .flatMap(request -> request.send(Buffer.buffer(body)))
                    .onFailure(failure -> end("was not answered: " + failure))
                    .onSuccess(response -> {
                        if (response.statusCode() == 503 && response.getHeader("Retry-After") != null) {
                            seen.refusals.incrementAndGet();
                            vertx.setTimer(ASK_AGAIN_MILLIS, again -> start(target));
                            return;
                        }
                        response.exceptionHandler(broken -> end("broke: " + broken));
                        response.endHandler(end -> end(next != wanted || !terminal
                                ? "ended after " + next + " events, HTTP " + response.statusCode()
                                : null));
                        response.handler(piece -> parser.feed(piece.getBytes(), this::take));
                    });
        }

        private void take(SseEvent event) {
            if (!event.hasData()) {
                return;
            }
            if (next == 0) {
                seen.firstNanos.add(System.nanoTime() - sentNanos);
            }
            terminal = event.isDone();
            String data = new String(event.data(), StandardCharsets.UTF_8);
            if (data.contains("\"content\"")) {
                if (!data.contains("\"" + name + "/" + next + " \"")) {
                    seen.faults.add(name + " expected event " + next + " and got " + data);
                }
                next++;
                seen.events.incrementAndGet();
            }
        }

        private void end(String fault) {
            if (!over) {
                over = true;
                if (fault != null) {
                    seen.faults.add(name + " " + fault);
                }
                seen.streams.incrementAndGet();
                done.run();
            }
        }
    }

    /**
     * So many at the same time, one after the other, until there were so many in all.
     *
     * @param events of the usual stream; they differ, so that streams do not begin in step
     * @param apart milliseconds between the first ones
     */
    private static Seen load(URI target, int atOnce, int inAll, int events, long apart) {
        Seen seen = new Seen();
        AtomicInteger begun = new AtomicInteger();
        CompletableFuture<Void> all = new CompletableFuture<>();
        Runnable[] next = new Runnable[1];
        next[0] = () -> {
            if (begun.getAndIncrement() < inAll) {
                String name = Long.toHexString(ThreadLocalRandom.current().nextLong());
                int length = 1 + events / 2 + ThreadLocalRandom.current().nextInt(events);
                new Listening(seen, name, length, next[0]).start(target);
            } else if (seen.streams.get() == inAll) {
                all.complete(null);
            }
        };
        for (int i = 0; i < atOnce; i++) {
            vertx.setTimer(1 + i * apart, fired -> next[0].run());
        }
        try {
            all.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("Not all streams ended: " + seen.streams + " of " + inAll + " did, after "
                    + seen.events + " events; " + seen.faults, e);
        }
        return seen;
    }

    /** With and without the semantic look-up; how many at the same time: 32, or what {@code -Dload.streams=32,256,1000} says. */
    static Stream<Arguments> loads() {
        return Arrays.stream(System.getProperty("load.streams", "32").split(",")).map(Integer::valueOf)
                .flatMap(atOnce -> Stream.of(false, true).map(semantic -> Arguments.of(semantic, atOnce)));
    }

    @ParameterizedTest
    @MethodSource("loads")
    void noEventIsLostReorderedOrMerged(boolean semantic, int atOnce) throws IOException {
        Replica gateway = GATEWAYS.get(semantic);
        boolean few = atOnce <= FEW;
        int inAll = atOnce * (few ? 30 : 2);
        int events = few ? 10 : 200;
        long apart = few ? 2 : 5; // a stampede would measure connecting
        URI ours = gateway.uri().resolve("/v1/chat/completions");
        URI theirs = URI.create(provider("/chat/completions"));

        // when
        load(theirs, Math.min(FEW, atOnce), WARMING, 2, apart);
        Seen direct = load(theirs, atOnce, inAll, events, apart);
        load(ours, Math.min(FEW, atOnce), WARMING, 2, apart);
        Seen through = load(ours, atOnce, inAll, events, apart);

        // then
        System.getLogger("Load").log(System.Logger.Level.INFO, String.format(Locale.ROOT,
                "streams at once %d, semantic look-up %b, in all %d, events %d, lost %d; first event through the gateway"
                        + " p50 %.2f p99 %.2f ms, from the provider p50 %.2f p99 %.2f ms;"
                        + " resident %d MiB, at most %d MiB, heap in use %d MiB",
                atOnce, semantic, inAll, through.events.get(), through.wanted.get() - through.events.get(),
                through.millis(50), through.millis(99), direct.millis(50), direct.millis(99),
                memory(gateway, "VmRSS"), memory(gateway, "VmHWM"), heap(gateway)));
        assertThat(direct.faults).isEmpty();
        assertThat(through.faults).isEmpty();
        assertThat(through.refusals).hasValue(0);
        assertThat(through.firstNanos).hasSize(inAll);
        assertThat(through.events).hasValue(through.wanted.get());
        assertThat(memory(gateway, "VmHWM")).isLessThan(MOST_MEBIBYTES);
        if (few) {
            assertThat(through.millis(50) - direct.millis(50)).isLessThan(MOST_ADDED_MILLIS);
        }
    }

    /** Connections to the provider go from one stream to the next all the time. */
    @ParameterizedTest
    @ValueSource(ints = { 32, 256})
    void noEventIsLostWhereTheProviderTakesFewerStreamsAtOnce(int atOnce) {
        int inAll = 2 * atOnce;

        Seen seen = load(narrow.uri().resolve("/v1/chat/completions"), atOnce, inAll, 4, 2);

        System.getLogger("Load").log(System.Logger.Level.INFO, String.format(Locale.ROOT,
                "streams at once %d of which %d at the provider, in all %d, events %d, lost %d, refused meanwhile %d",
                atOnce, NARROW, inAll, seen.events.get(), seen.wanted.get() - seen.events.get(), seen.refusals.get()));
        assertThat(seen.faults).isEmpty();
        assertThat(seen.events).hasValue(seen.wanted.get());
        assertThat(seen.refusals).hasPositiveValue();
    }

    @Test
    void nothingIsLeftOfStreamsThatHaveEnded() {
        // given
        Replica gateway = GATEWAYS.get(false);
        Seen seen = load(gateway.uri().resolve("/v1/chat/completions"), 100, 200, 5, 2);
        assertThat(seen.faults).isEmpty();

        // then
        Json providers = Json.parse(get(gateway, "/admin/providers"));
        int data = providers.member(providers.root(), "data");
        long inFlight = -1;
        for (int one = providers.first(data); one != Json.NONE; one = providers.next(data, one)) {
            if (providers.string(one, "name").orElseThrow().equals("mock")) {
                inFlight = providers.count(one, "in_flight", -1);
            }
        }
        assertThat(inFlight).isZero();
    }

    private static byte[] get(Replica gateway, String path) {
        return client.request(new RequestOptions().setMethod(HttpMethod.GET)
                .setAbsoluteURI(gateway.uri().resolve(path).toString())
                .putHeader("Authorization", "Bearer " + World.VIEWER))
                .flatMap(request -> request.send()).flatMap(response -> response.body()).map(Buffer::getBytes)
                .toCompletionStage().toCompletableFuture().join();
    }

    /** Of the gateway's process, in MiB; 0 where the system does not tell. */
    private static long memory(Replica gateway, String figure) throws IOException {
        Path status = Path.of("/proc", Long.toString(gateway.process().pid()), "status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readAllLines(status).stream().filter(line -> line.startsWith(figure + ":"))
                .mapToLong(line -> Long.parseLong(Arrays.stream(line.split("\\s+")).skip(1).findFirst().orElseThrow())
                        / 1024)
                .findFirst().orElse(0);
    }

    /** In MiB, garbage included. */
    private static long heap(Replica gateway) {
        return new String(get(gateway, "/q/metrics"), StandardCharsets.UTF_8).lines()
                .filter(line -> line.startsWith("jvm_memory_used_bytes{") && line.contains("area=\"heap\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)) >> 20).sum();
    }
}
