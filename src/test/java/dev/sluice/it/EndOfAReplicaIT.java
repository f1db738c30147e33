package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Piece;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A replica that is told to end finishes what it has begun, begins nothing new, and says so. */
class EndOfAReplicaIT {
    private static final Duration OPEN = Duration.ofSeconds(4);
    private static final long PATIENCE_SECONDS = 30;

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private TestRedis redis;
    private MockProvider provider;
    private Map<String, String> properties;

    @BeforeEach
    void start() {
        redis = TestRedis.start();
        provider = MockProvider.start();
        properties = World.properties(redis, provider);
        properties.put("sluice.providers.mock.timeout", "30s");
    }

    @AfterEach
    void stop() {
        provider.close();
        redis.close();
    }

    @Test
    void finishesWhatIsOpenAndRefusesWhatIsNew() throws Exception {
        try (Replica replica = Replica.start(properties)) {
            provider.always(Act.ok().after(OPEN));
            CompletableFuture<HttpResponse<String>> whole = open(replica, "/v1/chat/completions", chat("whole"));
            CompletableFuture<HttpResponse<String>> batch = open(replica, "/v1/batch",
                    "{\"custom_id\":\"a\",\"body\":" + chat("line") + "}\n");
            awaitCalls(2);
            provider.always(Act.pieces(List.of(
                    new Piece(Duration.ZERO,
                            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"begun\"}}]}\n\n"),
                    new Piece(OPEN, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                            + "data: [DONE]\n\n"))));
            CompletableFuture<HttpResponse<String>> stream = open(replica, "/v1/chat/completions",
                    "{\"stream\":true," + chat("stream").substring(1));
            awaitCalls(3);

            replica.process().destroy(); // SIGTERM
            awaitUnready(replica);
            HttpResponse<String> late = ask(replica, "/v1/chat/completions", chat("late"));
            HttpResponse<String> anthropic = ask(replica, "/v1/messages", chat("late"));
            HttpResponse<String> lateBatch = ask(replica, "/v1/batch", "{\"body\":" + chat("late") + "}\n");
            HttpResponse<String> models = get(replica, "/v1/models");
            HttpResponse<String> admin = get(replica, "/admin/usage");
            String slow = askSlowly(replica, chat("slow"));
            HttpResponse<String> live = get(replica, "/q/health/live");
            HttpResponse<String> metrics = get(replica, "/q/metrics");

            assertThat(List.of(whole, batch, stream)).as("open when all of that was answered")
                    .noneMatch(CompletableFuture::isDone);
            assertThat(List.of(late, anthropic, lateBatch, models, admin)).allSatisfy(refused -> {
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
                assertThat(refused.headers().firstValue("Connection")).hasValue("close");
                assertThat(refused.headers().firstValue("x-request-id")).isPresent();
                assertThat(refused.body()).contains("This replica is ending");
            });
            assertThat(late.body()).contains("\"type\":\"server_error\"", "\"code\":\"overloaded\"");
            assertThat(anthropic.body()).contains("\"type\":\"error\"", "\"type\":\"overloaded_error\"");
            assertThat(slow).startsWith("HTTP/1.1 503 ").contains("This replica is ending");
            assertThat(live.statusCode()).isEqualTo(200);
            assertThat(metrics.statusCode()).isEqualTo(200);
            assertThat(whole.get(PATIENCE_SECONDS, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            assertThat(batch.get(PATIENCE_SECONDS, TimeUnit.SECONDS).body()).contains("\"custom_id\":\"a\"",
                    "\"status\":200");
            assertThat(stream.get(PATIENCE_SECONDS, TimeUnit.SECONDS).body()).contains("begun")
                    .endsWith("data: [DONE]\n\n");
            assertEndsWell(replica);
            assertThat(provider.calls()).hasSize(3);
        }
    }

    @Test
    void answersUntilItsDelayIsOver() throws Exception {
        properties.put("quarkus.shutdown.delay", "2s");
        properties.remove("sluice.auth.admin-token");
        properties.remove("sluice.auth.viewer-token");
        try (Replica replica = Replica.start(properties)) {
            provider.always(Act.ok().after(OPEN));
            CompletableFuture<HttpResponse<String>> whole = open(replica, "/v1/chat/completions", chat("whole"));
            awaitCalls(1);
            provider.always(Act.ok());

            replica.process().destroy();
            awaitUnready(replica);
            HttpResponse<String> during = ask(replica, "/v1/chat/completions", chat("during"));
            TimeUnit.MILLISECONDS.sleep(2200);
            HttpResponse<String> after = ask(replica, "/v1/chat/completions", chat("after"));

            assertThat(whole).as("open when all of that was answered").isNotDone();
            assertThat(during.statusCode()).isEqualTo(200);
            assertThat(during.headers().firstValue("Connection")).hasValue("close");
            assertThat(after.statusCode()).isEqualTo(503);
            assertThat(get(replica, "/admin/usage").statusCode()).as("hidden to the end").isEqualTo(404);
            assertThat(whole.get(PATIENCE_SECONDS, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            assertEndsWell(replica);
        }
    }

    private static void assertEndsWell(Replica replica) throws InterruptedException {
        assertThat(replica.process().waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("ended in time").isTrue();
        assertThat(replica.process().exitValue()).as(() -> String.join("\n", replica.output())).isZero();
    }

    private void awaitCalls(int number) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (provider.calls().size() < number && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(provider.calls()).hasSize(number);
    }

    private void awaitUnready(Replica replica) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (get(replica, "/q/health/ready").statusCode() == 200 && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(get(replica, "/q/health/ready").statusCode()).isEqualTo(503);
    }

    private static String chat(String question) {
        return Load.chat("cheap", question, 10);
    }

    private CompletableFuture<HttpResponse<String>> open(Replica replica, String path, String body) {
        return client.sendAsync(post(replica, path, body), BodyHandlers.ofString());
    }

    private HttpResponse<String> ask(Replica replica, String path, String body) throws Exception {
        return client.send(post(replica, path, body), BodyHandlers.ofString());
    }

    /** The body in two pieces, a while after the head: whatever is answered is to be read whole. */
    private static String askSlowly(Replica replica, String body) throws Exception {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket("127.0.0.1", replica.uri().getPort())) {
            OutputStream out = socket.getOutputStream();
            out.write(("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: " + bytes.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            TimeUnit.MILLISECONDS.sleep(200);
            out.write(bytes, 0, bytes.length / 2);
            TimeUnit.MILLISECONDS.sleep(200);
            out.write(bytes, bytes.length / 2, bytes.length - bytes.length / 2);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private HttpResponse<String> get(Replica replica, String path) throws Exception {
        return client.send(to(replica, path).GET().build(),
                BodyHandlers.ofString());
    }

    private static HttpRequest post(Replica replica, String path, String body) {
        return to(replica, path).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)).build();
    }

    private static HttpRequest.Builder to(Replica replica, String path) {
        return HttpRequest.newBuilder(URI.create(replica.uri() + path)).header("Authorization",
                "Bearer " + World.secret("team-a"));
    }
}
