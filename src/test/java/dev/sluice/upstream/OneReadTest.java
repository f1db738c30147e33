package dev.sluice.upstream;

import static dev.sluice.upstream.Fixture.STREAM;
import static dev.sluice.upstream.Fixture.exchange;
import static dev.sluice.upstream.Fixture.model;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Endpoint;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Usage;
import dev.sluice.config.Settings;
import dev.sluice.dialect.StreamReader;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.impl.ContextInternal;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one read of a connection brings comes in as many pieces as the provider has sent, in one turn of the event loop. */
class OneReadTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String STOP = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

    private final Vertx vertx = Vertx.vertx();
    private final ContextInternal context = (ContextInternal) vertx.getOrCreateContext();
    private final Model model = model("m", "p");
    private final Provider provider = new Provider();
    private final Client client = new Client();
    private ProviderStream stream;

    @BeforeEach
    void start() {
        Settings.Provider.Remote settings = new Settings.Provider.Remote("p", URI.create("http://127.0.0.1:1/v1"),
                Optional.empty(), Map.of(), Map.of(), "Authorization", LONG, LONG, LONG, 4, 0, 0, Fixture.QUICK,
                Fixture.STEADY);
        Speech speech = Speech.of(exchange(STREAM, model).request(), model, settings, false);
        stream = new ProviderStream(vertx, context, settings, speech, speech.reader("m"), new Caller());
        turn(() -> {
            stream.start(provider, new byte[0]);
            provider.receiver.head(new Transport.Response(200, "text/event-stream", null, null, new byte[0]));
        });
    }

    @AfterEach
    void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** One turn of the event loop, and what it leaves for the next. */
    private void turn(Runnable work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        context.runOnContext(now -> {
            work.run();
            context.runOnContext(then -> context.runOnContext(after -> done.complete(null)));
        });
        done.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static String say(String text) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
    }

    private void arrives(String... pieces) {
        turn(() -> {
            for (String piece : pieces) {
                provider.receiver.data(Buffer.buffer(piece));
            }
        });
    }

    @Test
    void goesOnTogether() {
        // when
        client.demand = Long.MAX_VALUE;
        arrives(say("a"), say("b"), say("c").substring(0, 10), say("c").substring(10), say("d"));
        arrives(say("e"));
        arrives(say("f"), STOP, "data: [DONE]\n\n");

        // then
        assertThat(client.batches).extracting(List::size).containsExactly(4, 1, 4); // the last with cost and end
        assertThat(client.completed).isTrue();
        assertThat(provider.pauses).isZero();
    }

    @Test
    void butNotWhereItIsMuch() {
        // when
        client.demand = Long.MAX_VALUE;
        arrives(say("x".repeat(20_000)), say("y".repeat(20_000)), say("z"));

        // then
        assertThat(client.batches).extracting(List::size).containsExactly(2, 1);
    }

    @Test
    void waitsInTheNetworkForAClientThatDoesNotAsk() {
        // given
        client.demand = 1;

        // when
        arrives(say("a"), say("b"));
        arrives(say("c"), say("d"));

        // then
        assertThat(client.batches).extracting(List::size).containsExactly(2);
        assertThat(provider.pauses).isEqualTo(1);
        turn(() -> client.subscription.request(1));
        assertThat(client.batches).extracting(List::size).containsExactly(2, 2);
        assertThat(provider.resumes).isEqualTo(1);
    }

    private static final class Provider implements Transport, Transport.Wire {
        private Transport.Receiver receiver;
        private int pauses;
        private int resumes;

        @Override
        public Uni<Response> post(Endpoint endpoint, Map<String, String> headers, byte[] body) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Wire open(Endpoint endpoint, Map<String, String> headers, byte[] body, Receiver told) {
            receiver = told;
            return this;
        }

        @Override
        public void pause() {
            pauses++;
        }

        @Override
        public void resume() {
            resumes++;
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    private final class Caller implements ProviderStream.Owner {
        @Override
        public void begun() {
            stream.tell(end -> end).subscribe().withSubscriber(client);
        }

        @Override
        public void answered(Transport.Response whole) {
            throw new AssertionError("It is a stream.");
        }

        @Override
        public void over(CallFailed failure) {
            assertThat(failure).isNull();
        }

        @Override
        public Receipt receipt(Usage usage, boolean counted) {
            return Receipt.servedBy(model, 1, usage, 1);
        }

        @Override
        public Uni<Usage> count(StreamReader reader) {
            return Uni.createFrom().item(Usage.NONE);
        }
    }

    private static final class Client implements Flow.Subscriber<List<SseEvent>> {
        private final List<List<SseEvent>> batches = new ArrayList<>();
        private long demand;
        private Flow.Subscription subscription;
        private boolean completed;

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            begun.request(demand);
        }

        @Override
        public void onNext(List<SseEvent> batch) {
            batches.add(batch);
        }

        @Override
        public void onError(Throwable failure) {
            throw new AssertionError(failure);
        }

        @Override
        public void onComplete() {
            completed = true;
        }
    }
}
