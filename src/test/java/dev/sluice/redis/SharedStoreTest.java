package dev.sluice.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.redis.Traffic.Outcome;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharedStoreTest {
    private static TestRedis redis;
    private static SharedStore store;
    private static Traffic traffic;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        store = redis.store();
        traffic = new Traffic(redis.vertx());
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Test
    void keepsBytesAndRunsScriptsThatRedisHasNotSeen() {
        byte[] value = { 0, (byte) 0xff, 10};

        store.call(Command.SET, "k", value).await().indefinitely();
        byte[] read = store
                .run(new Script("return redis.call('GET', KEYS[1])", "0".repeat(40)), List.of("k"), List.of())
                .await().indefinitely().toBytes();

        assertThat(read).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(longs = { 0, -1, 9, 10, 999_999_999_999_999L, 1_000_000_000_000_000L, 999_999_999_999_999_999L,
            Long.MAX_VALUE, Long.MIN_VALUE})
    void numbersArriveWhole(long number) {
        store.call(Command.SET, "number", number).await().indefinitely();

        assertThat(store.call(Command.GET, "number").await().indefinitely().toString())
                .isEqualTo(Long.toString(number));
    }

    @Test
    void nilIsNull() {
        assertThat(store.call(Command.GET, "nothing").await().indefinitely()).isNull();
    }

    @Test
    void sendsOncePerSubscription() {
        Uni<Response> increment = store.call(Command.INCR, "subscriptions");
        assertThat(store.call(Command.GET, "subscriptions").await().indefinitely()).isNull();

        increment.await().indefinitely();

        assertThat(increment.await().indefinitely().toLong()).isEqualTo(2);
    }

    @Test
    void answersAThousandCallsAtOnceEachWithItsOwn() {
        List<CompletableFuture<Outcome>> calls = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            String text = "text " + i;
            calls.add(traffic.start(() -> store.call(Command.ECHO, text)));
        }

        for (int i = 0; i < calls.size(); i++) {
            Outcome outcome = calls.get(i).join();
            assertThat(outcome.answer().toString()).isEqualTo("text " + i);
            assertThat(outcome.onCallersLoop()).isTrue();
        }
    }

    @Test
    void keepsTheOrderOfOneEventLoop() {
        List<CompletableFuture<Outcome>> calls = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            int number = i;
            calls.add(traffic.start(() -> store.call(Command.RPUSH, "order", number)));
        }
        calls.forEach(CompletableFuture::join);

        Response list = store.call(Command.LRANGE, "order", 0, -1).await().indefinitely();

        for (int i = 0; i < 500; i++) {
            assertThat(list.get(i).toInteger()).isEqualTo(i);
        }
    }

    @Test
    void whatOneTurnOfAnEventLoopAsksIsReadTogether() {
        Context loop = redis.vertx().getOrCreateContext();
        CompletableFuture<Void> warm = new CompletableFuture<>();
        loop.runOnContext(ignored -> store.call(Command.PING).subscribe()
                .with(answer -> warm.complete(null), warm::completeExceptionally));
        warm.join();
        long before = readsOfRedis();
        List<CompletableFuture<Response>> calls = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            calls.add(new CompletableFuture<>());
        }

        loop.runOnContext(turn -> calls.forEach(call -> store.call(Command.PING).subscribe()
                .with(call::complete, call::completeExceptionally)));
        calls.forEach(CompletableFuture::join);

        // Each connection may have shown in between that it is alive.
        assertThat(readsOfRedis() - before).isBetween(1L, 10L);
    }

    private static long readsOfRedis() {
        return store.call(Command.INFO, "stats").await().indefinitely().toString().lines()
                .filter(line -> line.startsWith("total_reads_processed:"))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip())).findAny()
                .orElseThrow();
    }

    @Test
    void theAnswerArrivesInTheContextOfTheRequest() {
        ContextInternal request = ((ContextInternal) redis.vertx().getOrCreateContext()).duplicate();
        CompletableFuture<Context> arrived = new CompletableFuture<>();

        request.runOnContext(ignored -> store.call(Command.PING).subscribe()
                .with(answer -> arrived.complete(Vertx.currentContext()), arrived::completeExceptionally));

        assertThat(arrived.join()).isSameAs(request);
    }

    @Test
    void theAnswerToABlockingSectionArrivesOnItsEventLoop() {
        Context context = redis.vertx().getOrCreateContext();
        CompletableFuture<Context> arrived = new CompletableFuture<>();

        context.executeBlocking(() -> store.call(Command.PING).subscribe()
                .with(answer -> arrived.complete(Vertx.currentContext()), arrived::completeExceptionally));

        assertThat(arrived.join()).isSameAs(context);
    }

    @Test
    void whoLeavesHearsNothing() {
        AtomicBoolean heard = new AtomicBoolean();
        CompletableFuture<Void> left = new CompletableFuture<>();
        redis.vertx().runOnContext(ignored -> {
            Cancellable waiting = store.call(Command.PING).subscribe()
                    .with(answer -> heard.set(true), error -> heard.set(true));
            waiting.cancel();
            store.call(Command.PING).subscribe().with(answer -> left.complete(null), left::completeExceptionally);
        });

        left.join();

        assertThat(heard).isFalse();
    }

    @Test
    void slowCommandsDelayNobodyElse() {
        SharedStore patient = redis.store(Duration.ofSeconds(5));
        traffic.ask(() -> patient.call(Command.PING));
        traffic.ask(() -> patient.slow().call(Command.PING));

        CompletableFuture<Outcome> waiting = traffic.start(() -> patient.slow().call(Command.BLPOP, "later", 4));
        Outcome other = traffic.ask(() -> patient.call(Command.RPUSH, "later", "now"));

        assertThat(other.answered()).isTrue();
        assertThat(waiting.join().answer().get(1).toString()).isEqualTo("now");
    }

    @Test
    void aCommandWithoutItsArgumentsIsAMistake() {
        assertThatThrownBy(() -> store.call(Command.GET)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(".");
    }
}
