package dev.sluice.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.Endpoint;
import dev.sluice.config.Secret;
import dev.sluice.config.Settings;
import dev.sluice.it.World;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Ending;
import dev.sluice.upstream.Transport.Response;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The REST client exists only inside the application; everything above it is tested without. */
@QuarkusTest
@WithTestResource(World.class)
class RestTransportTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final byte[] BODY = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);

    @Inject
    Vertx vertx;

    private final MockProvider mock = MockProvider.start();
    private Transport transport;

    @BeforeEach
    void open() {
        transport = new RestTransport(vertx, Fixture.provider("p", mock.baseUrl()));
    }

    @AfterEach
    void stop() {
        transport.close();
        mock.close();
    }

    @Test
    void bytesAreTheSameOnBothSides() {
        // given
        byte[] sent = " {\"ä\" :\t[1.0E+400, 12345678901234567890.10],\r\n\"x\":\"\\u00e4\\/😀\" }\n"
                .getBytes(StandardCharsets.UTF_8);
        byte[] answer = "\n{ \"ü\":1e-7 , \"o\":\"\\ud83d\"} ".getBytes(StandardCharsets.UTF_8);
        mock.always(Act.ok().withBody(answer).header("Content-Type", "application/json; charset=utf-8"));

        // when
        Response response = post(sent);

        // then
        assertThat(mock.lastCall().body()).isEqualTo(sent);
        assertThat(mock.lastCall().method()).isEqualTo("POST");
        assertThat(mock.lastCall().uri()).isEqualTo("/v1/chat/completions");
        assertThat(response.body()).isEqualTo(answer);
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.contentType()).isEqualTo("application/json; charset=utf-8");
    }

    @Test
    void largeBodiesPassWhole() {
        // given
        byte[] large = new byte[9 << 20];
        Arrays.fill(large, (byte) 'x');
        mock.always(Act.ok().withBody(large));

        // when
        Response response = post(large);

        // then
        assertThat(mock.lastCall().body()).isEqualTo(large);
        assertThat(response.body()).isEqualTo(large);
    }

    @Test
    void sendsItsOwnHeadersOnlyAndTheKeyWhereTheProviderWantsIt() {
        // given
        Settings.Provider.Remote plain = Fixture.provider("p", URI.create(mock.baseUrl() + "/azure%2Fx/"));
        transport = new RestTransport(vertx, new Settings.Provider.Remote("azure", plain.baseUrl(),
                Optional.of(new Secret("k")), Map.of("x-org", "ä b"), Map.of("api-version", "2024-10-21 &"), "api-key",
                SOON, SOON, SOON, 4, 0, 0, plain.retry(), plain.breaker()));

        // when
        post(BODY);

        // then
        assertThat(mock.lastCall().uri())
                .isEqualTo("/v1/azure%2Fx/chat/completions?api-version=2024-10-21+%26");
        assertThat(mock.lastCall().headers()).containsOnlyKeys("content-type", "accept", "user-agent", "api-key",
                "x-org", "host", "content-length")
                .containsEntry("api-key", "k").containsEntry("content-type", "application/json")
                .containsEntry("user-agent", "sluice").containsEntry("accept", "application/json");
    }

    @Test
    void theUsualKeyIsABearersToken() {
        // when
        post(BODY);

        // then
        assertThat(mock.lastCall().header("authorization")).isEqualTo("Bearer sk-upstream");
    }

    @Test
    void everyStatusIsAnAnswerWithItsBody() {
        // given
        mock.next(Act.status(429).header("Retry-After", "7").header("retry-after-ms", "6500"), Act.status(404),
                Act.status(503), Act.status(204).withBody(new byte[0]));

        // when
        Response busy = post(BODY);
        Response unknown = post(BODY);
        Response down = post(BODY);
        Response empty = post(BODY);

        // then
        assertThat(busy.status()).isEqualTo(429);
        assertThat(busy.retryAfter()).isEqualTo("7");
        assertThat(busy.retryAfterMs()).isEqualTo("6500");
        assertThat(busy.body()).asString().contains("mock says 429");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.retryAfter()).isNull();
        assertThat(unknown.body()).asString().contains("mock says 404");
        assertThat(down.status()).isEqualTo(503);
        assertThat(down.body()).asString().contains("mock says 503");
        assertThat(empty.status()).isEqualTo(204);
        assertThat(empty.body()).isEmpty();
    }

    @Test
    void redirectsAreNotFollowed() {
        // given
        try (MockProvider elsewhere = MockProvider.start()) {
            for (int status : new int[]{ 301, 302, 303, 307, 308}) {
                mock.next(Act.status(status).header("Location", elsewhere.baseUrl() + "/chat/completions"));

                // when
                Response response = post(BODY);

                // then
                assertThat(response.status()).isEqualTo(status);
            }
            assertThat(elsewhere.calls()).isEmpty();
        }
    }

    @Test
    void oneConnectionServesManyCalls() {
        // when
        for (int i = 0; i < 20; i++) {
            post(BODY);
        }

        // then
        assertThat(mock.connections()).isEqualTo(1);
    }

    /** Otherwise every step of a call would wake another thread. */
    @Test
    void callsOfAnEventLoopStayOnItAndOnItsOwnConnections() {
        // given
        ContextInternal one = ((VertxInternal) vertx).createEventLoopContext();
        ContextInternal other = one;
        while (other.nettyEventLoop() == one.nettyEventLoop()) {
            other = ((VertxInternal) vertx).createEventLoopContext();
        }

        // when
        for (int i = 0; i < 5; i++) {
            for (ContextInternal context : List.of(one, other)) {
                CompletableFuture<Boolean> stayed = new CompletableFuture<>();
                context.runOnContext(run -> transport.post(Endpoint.CHAT_COMPLETIONS, Map.of(), BODY).subscribe()
                        .with(response -> stayed.complete(context.nettyEventLoop().inEventLoop()),
                                stayed::completeExceptionally));

                // then
                assertThat(stayed.join()).isTrue();
            }
        }
        assertThat(mock.connections()).isEqualTo(2);
    }

    @Test
    void cancellingClosesTheConnection() {
        // given
        mock.always(Act.hang());
        Cancellable call = transport.post(Endpoint.CHAT_COMPLETIONS, Map.of(), BODY).subscribe().with(response -> {});
        mock.awaitCalls(1, SOON);

        // when
        call.cancel();

        // then
        mock.awaitAbandoned(1, Duration.ofSeconds(1));
    }

    @Test
    void cancellingBeforeTheConnectionIsOpenLosesNoConnection() {
        // given
        transport = new RestTransport(vertx,
                Fixture.provider("p", mock.baseUrl(), 1, Duration.ofSeconds(60), Fixture.QUICK,
                        Fixture.STEADY));
        for (int i = 0; i < 3; i++) {
            CompletableFuture<Void> cancelled = new CompletableFuture<>();
            vertx.getOrCreateContext().runOnContext(run -> {
                transport.post(Endpoint.CHAT_COMPLETIONS, Map.of(), BODY).subscribe().with(response -> {}).cancel();
                cancelled.complete(null);
            });
            cancelled.join();
        }

        // when
        Response response = post(BODY);

        // then
        assertThat(response.status()).isEqualTo(200);
    }

    @Test
    void nobodyThereMeansNothingWasSent() {
        // given
        transport = new RestTransport(vertx, Fixture.provider("p", URI.create("http://127.0.0.1:1/v1?secret=x")));

        // when
        TransportFault fault = fault();

        // then
        assertThat(fault.sent()).isFalse();
        assertThat(fault).hasMessage("could not be reached: the connection was refused or took too long");
    }

    @Test
    void anUnknownHostMeansNothingWasSent() {
        // given
        transport = new RestTransport(vertx, Fixture.provider("p", URI.create("http://nowhere.invalid/v1")));

        // when
        TransportFault fault = fault();

        // then
        assertThat(fault.sent()).isFalse();
        assertThat(fault).hasMessage("could not be reached: its host name is unknown");
    }

    @Test
    void aBrokenConnectionMayHaveBeenSent() {
        for (Ending ending : new Ending[]{ Ending.CLOSE, Ending.CLOSE_MID_BODY}) {
            // given
            mock.next(Act.ok().ending(ending));

            // when
            TransportFault fault = fault();

            // then
            assertThat(fault.sent()).isTrue();
            assertThat(fault).hasMessage("closed the connection before its answer was complete");
        }
    }

    @Test
    void anAnswerBeyondMeasureIsCutOff() {
        // given
        mock.always(Act.ok().withBody(new byte[(int) RestTransport.MAX_ANSWER_BYTES + 1]));

        // when
        TransportFault fault = fault();

        // then
        assertThat(fault).hasMessage("sent more than 67108864 bytes");
        assertThat(fault.sent()).isTrue();
    }

    @Test
    void theAnswerComesOnTheEventLoopThatAsked() {
        for (int i = 0; i < 8; i++) { // the pool hands connections of other event loops out too
            CompletableFuture<Boolean> same = new CompletableFuture<>();
            vertx.getOrCreateContext().runOnContext(run -> {
                Thread asked = Thread.currentThread();
                transport.post(Endpoint.CHAT_COMPLETIONS, Map.of(), BODY).subscribe()
                        .with(response -> same.complete(Thread.currentThread() == asked), same::completeExceptionally);
            });
            assertThat(same.join()).isTrue();
        }
    }

    private Response post(byte[] body) {
        return transport.post(Endpoint.CHAT_COMPLETIONS, Map.of(), body).await().atMost(Duration.ofSeconds(10));
    }

    private TransportFault fault() {
        return catchThrowableOfType(TransportFault.class, () -> post(BODY));
    }
}
