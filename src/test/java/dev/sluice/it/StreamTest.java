package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.json.Json;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Ending;
import dev.sluice.upstream.MockProvider.Piece;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Streams as a client sees them. */
@QuarkusTest
@WithTestResource(World.class)
class StreamTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String HELLO = "{\"model\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}";
    private static final String STOP = "{\"model\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
    private static final String USAGE = "{\"model\":\"theirs\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}";

    private final HttpClient client = HttpClient.newHttpClient();
    private final MockProvider mock = World.provider();

    @TestHTTPResource
    URI gateway;

    @AfterEach
    void behaveAgain() {
        mock.always(Act.ok());
    }

    private static String ask(String members) {
        return "{\"model\":\"cheap\",\"stream\":true," + members + "\"messages\":[{\"role\":\"user\",\"content\":\""
                + UUID.randomUUID() + "\"}]}";
    }

    private HttpRequest.Builder request(String path, String key) {
        return HttpRequest.newBuilder(gateway.resolve(path)).header("Authorization", "Bearer " + World.secret(key));
    }

    private HttpResponse<String> post(String body) throws IOException, InterruptedException {
        return client.send(request("/v1/chat/completions", "team-a").POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofString());
    }

    @Test
    void aStreamComesAsTheProviderSentIt() throws Exception {
        // given
        mock.next(Act.events(HELLO, STOP, USAGE, "[DONE]"), Act.events(HELLO, STOP, USAGE, "[DONE]"));

        // when
        HttpResponse<String> plain = post(ask(""));
        HttpResponse<String> withUsage = post(ask("\"stream_options\":{\"include_usage\":true},"));

        // then
        assertThat(plain.statusCode()).isEqualTo(200);
        assertThat(plain.headers().firstValue("content-type")).contains("text/event-stream");
        assertThat(plain.headers().firstValue("x-sluice-model")).contains("cheap");
        assertThat(plain.headers().firstValue("x-sluice-attempts")).contains("1");
        assertThat(plain.headers().firstValue("x-request-id")).isPresent();
        assertThat(plain.headers().firstValue("x-sluice-cost-usd")).isEmpty();
        String told = ("data: " + HELLO + "\n\ndata: " + STOP + "\n\n").replace("theirs", "cheap");
        String end = ": sluice cost-usd=0.00000798\n\ndata: [DONE]\n\n";
        assertThat(plain.body()).isEqualTo(told + end);
        assertThat(withUsage.body()).isEqualTo(told + "data: " + USAGE.replace("theirs", "cheap") + "\n\n" + end);
    }

    @Test
    void whatWasToldIsInTheAccounts() throws Exception {
        // given
        mock.next(Act.events(HELLO, STOP, USAGE, "[DONE]"), Act.events(HELLO).ending(Ending.CLOSE));
        Json before = usage();

        // when
        post(ask(""));
        HttpResponse<String> torn = post(ask(""));

        // then
        assertThat(torn.body()).contains("\"type\":\"upstream_error\"").doesNotContain("[DONE]");
        Json after = usage();
        assertThat(total(after, "requests") - total(before, "requests")).isEqualTo(2);
        assertThat(total(after, "failures") - total(before, "failures")).isEqualTo(1);
        assertThat(total(after, "output_tokens") - total(before, "output_tokens")).isEqualTo(3);
    }

    private Json usage() throws Exception {
        return Json.parse(client.send(request("/v1/usage", "team-a").build(), BodyHandlers.ofByteArray()).body());
    }

    private static long total(Json usage, String name) {
        return usage.count(usage.member(usage.root(), "total"), name, -1);
    }

    @Test
    void theFirstEventDoesNotWaitForTheSecond() throws Exception {
        // given
        mock.next(Act.events(HELLO).ending(Ending.HANG));

        // when
        HttpResponse<InputStream> response = client.send(request("/v1/chat/completions", "team-a")
                .POST(BodyPublishers.ofString(ask(""))).build(), BodyHandlers.ofInputStream());

        // then
        try (InputStream body = response.body()) {
            assertThat(body.readNBytes(30)).asString(StandardCharsets.UTF_8).startsWith("data: {\"model\":\"cheap\"");
        }
    }

    @Test
    void aClientThatGoesAwayEndsTheCallToTheProviderAndPaysForWhatItGot() throws Exception {
        // given
        mock.next(Act.events(HELLO, HELLO).ending(Ending.HANG));
        int abandoned = mock.abandoned();
        Json before = usage();

        // when
        long left;
        try (Socket socket = open(ask(""))) {
            String seen = "";
            while (seen.split("Hello", -1).length < 3) {
                byte[] some = new byte[4096];
                seen += new String(some, 0, socket.getInputStream().read(some), StandardCharsets.UTF_8);
            }
            left = System.nanoTime();
        }
        mock.awaitAbandoned(abandoned + 1, Duration.ofSeconds(5));
        Duration noticed = Duration.ofNanos(System.nanoTime() - left);

        // then
        System.getLogger("StreamTest").log(System.Logger.Level.INFO, "The provider saw it after {0} ms.",
                noticed.toMillis());
        assertThat(noticed).isLessThan(Duration.ofSeconds(2));
        Json after = usage();
        assertThat(total(after, "output_tokens") - total(before, "output_tokens")).isEqualTo(2);
        assertThat(total(after, "failures") - total(before, "failures")).isEqualTo(1);
    }

    private Socket open(String body) throws IOException {
        Socket socket = new Socket(gateway.getHost(), gateway.getPort());
        socket.getOutputStream().write(("POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer "
                + World.secret("team-a") + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
        return socket;
    }

    @Test
    void aClientThatDoesNotReadHoldsTheProviderBack() throws Exception {
        // given
        String large = "data: " + HELLO.replace("Hello", "x".repeat(100_000)) + "\n\n";
        int events = 1_000;
        mock.next(Act.pieces(Collections.nCopies(events, new Piece(Duration.ZERO, large))).ending(Ending.HANG));
        long before = mock.streamedBytes();
        int abandoned = mock.abandoned();

        // when
        long taken;
        try (Socket socket = open(ask(""))) {
            do {
                taken = mock.streamedBytes() - before;
                mock.pause(Duration.ofMillis(700));
            } while (taken == 0 || taken != mock.streamedBytes() - before);
        }

        // then
        assertThat(taken).isPositive().isLessThan((long) events * large.length() / 2);
        mock.awaitAbandoned(abandoned + 1, SOON);
    }

    @Test
    void oddStreamsPassByteForByte() throws Exception {
        // given
        String huge = "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + "ü".repeat(1 << 19) + "\"}}]}";
        String odd = ": keep-alive\n\n"
                + "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}}]}\r\n\r\n"
                + "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"😀\"}}]}\n\n: in between\n\n"
                + "id: 1\nevent: chunk\ndata: {\"choices\":[{\"index\":0,\"delta\":{}}],\"new\":[1e400]}\nretry: 5\n\n"
                + "data: not json at all\n\n"
                + "data: " + huge + "\n\n";
        String end = "data: [DONE]\n\n";
        List<Piece> slices = new ArrayList<>();
        byte[] bytes = (odd + end).getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < bytes.length; at += 7_001) {
            slices.add(new Piece(Duration.ofMillis(1),
                    java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 7_001))));
        }
        List<Piece> single = new ArrayList<>();
        byte[] small = (odd.substring(0, odd.indexOf("data: " + huge)) + end).getBytes(StandardCharsets.UTF_8);
        for (byte b : small) {
            single.add(new Piece(Duration.ofMillis(1), new byte[]{ b}));
        }
        mock.next(Act.pieces(slices), Act.pieces(List.of(new Piece(Duration.ZERO, bytes))), Act.pieces(single));

        // when
        String sliced = post(ask("")).body();
        String atOnce = post(ask("")).body();
        String byteByByte = post(ask("")).body();

        // then
        assertThat(withoutCost(sliced).equals(odd + end)).isTrue();
        assertThat(withoutCost(atOnce).equals(odd + end)).isTrue();
        assertThat(withoutCost(byteByByte)).isEqualTo(new String(small, StandardCharsets.UTF_8));
    }

    private static String withoutCost(String body) {
        return body.replaceFirst(": sluice cost-usd=[0-9.]+\n\n(?=data: \\[DONE])", "");
    }

    @Test
    void whatIsRefusedIsRefusedWithoutAStream() throws Exception {
        HttpResponse<String> unknown = post(ask("").replace("cheap", "nobody"));
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.headers().firstValue("content-type")).hasValueSatisfying(
                type -> assertThat(type).startsWith("application/json"));
        assertThat(post(ask("").replace("true", "\"yes\"")).statusCode()).isEqualTo(400);
    }

    @Test
    void aFallbackAnswersAStreamThatDidNotBegin() throws Exception {
        HttpResponse<String> response = post(ask("").replace("cheap", "falling"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("x-sluice-model")).contains("cheap");
        assertThat(response.body()).endsWith("data: [DONE]\n\n");
    }
}
