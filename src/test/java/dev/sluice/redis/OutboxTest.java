package dev.sluice.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private static final Duration TIMEOUT = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    /** Appends once per number, as a script that is safe to repeat does. */
    private static final Script APPEND = Scripts.of("""
            if redis.call('SADD', KEYS[2], ARGV[1]) == 1 then redis.call('RPUSH', KEYS[1], ARGV[1]) end""");
    private static final Script SET = Scripts.of("return redis.call('SET', KEYS[1], ARGV[1])");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private TestRedis redis;
    private SharedStore store;
    private Context loop;

    @BeforeEach
    void start() {
        redis = TestRedis.start();
        store = redis.store(TIMEOUT);
        loop = redis.vertx().getOrCreateContext();
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    @Test
    void writesInOrder() {
        Outbox outbox = outbox();

        post(outbox, 0, 5_000);
        outbox.drain().await().indefinitely();

        assertThat(list()).isEqualTo(numbers(5_000));
        assertThat(dropped("full") + dropped("refused") + dropped("shutdown")).isZero();
    }

    @Test
    void keepsWhatRedisMissedAndRepeatsItInOrder() {
        Outbox outbox = outbox();
        post(outbox, 0, 1_000);

        redis.pause();
        post(outbox, 1_000, 3_000);
        Await.until(PATIENCE, () -> !store.available());
        post(outbox, 3_000, 4_000);
        redis.resume();
        post(outbox, 4_000, 5_000);

        Await.until(PATIENCE, () -> outbox.pending() == 0);
        assertThat(list()).isEqualTo(numbers(5_000));
        assertThat(dropped("full") + dropped("refused")).isZero();
    }

    @Test
    void outlivesARestart() {
        Outbox outbox = outbox();
        post(outbox, 0, 10);
        outbox.drain().await().indefinitely();

        redis.stop();
        post(outbox, 10, 500);
        redis.restart();

        Await.until(PATIENCE, () -> outbox.pending() == 0);
        assertThat(list()).isEqualTo(numbers(500).subList(10, 500));
    }

    @Test
    void theLastWriteWinsThoughAnEarlierOneWasRefusedForAWhile() {
        Outbox outbox = outbox();
        await(store, Command.CONFIG, "SET", "maxmemory", "1");

        run(() -> {
            outbox.post(SET, List.of("k"), List.of("first"));
            outbox.post(Scripts.of("return redis.call('DEL', KEYS[1])"), List.of("k"), List.of());
        });
        await(store, Command.CONFIG, "SET", "maxmemory", "0");

        Await.until(PATIENCE, () -> outbox.pending() == 0);
        assertThat(await(store, Command.GET, "k")).isNull();
    }

    @Test
    void dropsAndCountsWhatDoesNotFit() {
        Outbox outbox = new Outbox(store, meters, 10_000, Duration.ofMillis(200));
        redis.stop();

        run(() -> {
            for (int i = 0; i < 20; i++) {
                outbox.post(SET, List.of("k" + i), List.of(new byte[1_000]));
            }
        });

        assertThat(dropped("full")).isBetween(10.0, 15.0);
        long kept = outbox.pending();
        outbox.drain().await().indefinitely();
        assertThat(dropped("shutdown")).isEqualTo(kept);

        redis.restart();
        Await.until(PATIENCE, () -> outbox.pending() == 0);
        assertThat(await(store, Command.DBSIZE).toLong()).isEqualTo(kept);
    }

    @Test
    void aBrokenScriptStopsNobody() {
        Outbox outbox = outbox();

        run(() -> {
            outbox.post(Scripts.of("return redis.call('NOSUCHCOMMAND')"), List.of("k"), List.of());
            outbox.post(SET, List.of("k"), List.of("v"));
        });
        outbox.drain().await().indefinitely();

        assertThat(dropped("refused")).isEqualTo(1);
        assertThat(await(store, Command.GET, "k").toString()).isEqualTo("v");
    }

    @Test
    void takesWritesFromAnyThread() {
        Outbox outbox = outbox();

        outbox.post(SET, List.of("k"), List.of("v"));
        outbox.drain().await().indefinitely();

        assertThat(await(store, Command.GET, "k").toString()).isEqualTo("v");
    }

    private Outbox outbox() {
        return new Outbox(store, meters, Outbox.CAPACITY, PATIENCE);
    }

    private void post(Outbox outbox, int from, int to) {
        run(() -> {
            for (int i = from; i < to; i++) {
                outbox.post(APPEND, List.of("{k}list", "{k}set"), List.of(i));
            }
        });
    }

    private void run(Runnable onLoop) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.runOnContext(ignored -> {
            onLoop.run();
            done.complete(null);
        });
        done.join();
    }

    private List<Integer> list() {
        return await(store, Command.LRANGE, "{k}list", 0, -1).stream().map(Response::toInteger).toList();
    }

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private double dropped(String reason) {
        return meters.get("sluice.outbox.dropped").tag("reason", reason).counter().count();
    }

    private static Response await(SharedStore store, Command command, Object... arguments) {
        return new Traffic(store.vertx()).untilAnswer(() -> store.call(command, arguments), PATIENCE);
    }
}
