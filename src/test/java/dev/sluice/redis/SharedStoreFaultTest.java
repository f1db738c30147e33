package dev.sluice.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.redis.Traffic.Outcome;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a Redis that fails costs its callers, with the time-out that ships. */
class SharedStoreFaultTest {
    private static final Logger LOG = Logger.getLogger(SharedStoreFaultTest.class);
    private static final Duration TIMEOUT = Duration.ofMillis(100);
    private static final Duration RECOVERY = Duration.ofSeconds(2);
    /** What a busy machine may add to a deadline, µs. */
    private static final long SLACK = 150_000;

    private TestRedis redis;

    @AfterEach
    void stop() {
        redis.close();
    }

    @Test
    void aStoppedRedisCostsNothingAndComesBackEmpty() {
        redis = TestRedis.start();
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = traffic.warm(redis.store(TIMEOUT));
        Supplier<Uni<Response>> get = () -> store.call(Command.GET, "k");
        traffic.ask(() -> store.call(Command.SET, "k", "v"));

        redis.stop();
        Outcome first = traffic.ask(get);
        List<Outcome> later = traffic.ask(200, get);

        assertThat(first.unavailable()).isTrue();
        assertThat(first.micros()).isLessThan(TIMEOUT.toNanos() / 1_000 + SLACK);
        assertThat(later).allMatch(Outcome::unavailable);
        assertThat(Traffic.median(later)).isLessThan(1_000);
        assertThat(store.available()).isFalse();

        redis.restart();
        Duration recovery = traffic.untilAnswered(get, RECOVERY);

        assertThat(traffic.ask(get).answer()).isNull();
        assertThat(store.available()).isTrue();
        report("stopped, restarted empty", first, later, recovery);
    }

    @Test
    void aHangingRedisCostsOneTimeOut() {
        redis = TestRedis.start();
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = traffic.warm(redis.store(TIMEOUT));
        Supplier<Uni<Response>> get = () -> store.call(Command.GET, "k");

        redis.pause();
        List<Outcome> first = traffic.burst(100, get);
        List<Outcome> later = traffic.ask(200, get);

        assertThat(first).allMatch(Outcome::unavailable)
                .allMatch(outcome -> outcome.micros() < TIMEOUT.toNanos() / 1_000 + SLACK);
        assertThat(later).allMatch(Outcome::unavailable);
        assertThat(Traffic.median(later)).isLessThan(1_000);

        redis.resume();
        Duration recovery = traffic.untilAnswered(get, RECOVERY);

        assertThat(connections(store)).as("given up connections are closed").isLessThan(5);
        report("hanging", first.get(99), later, recovery);
    }

    @Test
    void aRedisThatHangsFromTheStartCostsOneTimeOut() {
        redis = TestRedis.start();
        redis.pause();
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = redis.store(TIMEOUT);
        Supplier<Uni<Response>> get = () -> store.call(Command.GET, "k");

        Outcome first = traffic.ask(get);
        List<Outcome> later = traffic.ask(100, get);

        assertThat(first.unavailable()).isTrue();
        assertThat(first.micros()).isLessThan(TIMEOUT.toNanos() / 1_000 + SLACK);
        assertThat(later).allMatch(Outcome::unavailable);
        assertThat(Traffic.median(later)).isLessThan(1_000);

        redis.resume();
        report("hanging at start", first, later, traffic.untilAnswered(get, RECOVERY));
    }

    @Test
    void anIdleStoreNoticesThatRedisHangs() {
        redis = TestRedis.start();
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = traffic.warm(redis.store(TIMEOUT));
        assertThat(store.available()).isTrue();

        redis.pause();
        Await.until(Duration.ofSeconds(4), () -> !store.available());

        redis.resume();
        Await.until(RECOVERY, store::available);
    }

    @Test
    void aForgottenScriptIsSentAgain() {
        redis = TestRedis.start();
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = redis.store();
        Script script = Scripts.of("return redis.call('INCR', KEYS[1])");

        traffic.ask(() -> store.run(script, List.of("n"), List.of()));
        traffic.ask(() -> store.call(Command.SCRIPT, "FLUSH"));
        List<Outcome> burst = traffic.burst(50, () -> store.run(script, List.of("n"), List.of()));

        assertThat(burst).allMatch(Outcome::answered);
        assertThat(traffic.ask(() -> store.call(Command.GET, "n")).answer().toLong()).isEqualTo(51);
    }

    @Test
    void aReplicaIsNotWrittenTo() {
        redis = TestRedis.start();
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = traffic.warm(redis.store(TIMEOUT));
        Supplier<Uni<Response>> set = () -> store.call(Command.SET, "k", "v");
        traffic.ask(set);

        command(store, traffic, Command.REPLICAOF, "127.0.0.1", "1");
        Outcome first = traffic.ask(set);
        List<Outcome> later = traffic.ask(100, set);

        assertThat(first.unavailable()).isTrue();
        assertThat(later).allMatch(Outcome::unavailable);
        assertThat(Traffic.median(later)).isLessThan(1_000);

        redis.client().send(io.vertx.redis.client.Request.cmd(Command.REPLICAOF).arg("NO").arg("ONE"))
                .toCompletionStage().toCompletableFuture().join();
        report("read only", first, later, traffic.untilAnswered(set, RECOVERY));
    }

    @Test
    void aFullRedisRefusesWritesAndServesReads() {
        redis = TestRedis.start("maxmemory-policy noeviction");
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = traffic.warm(redis.store(TIMEOUT));
        Supplier<Uni<Response>> get = () -> store.call(Command.GET, "0");
        Supplier<Uni<Response>> set = () -> store.call(Command.SET, "more", new byte[1_000]);
        Script script = Scripts.of("return redis.call('SET', KEYS[1], ARGV[1])");

        command(store, traffic, Command.CONFIG, "SET", "maxmemory", "1");
        List<Outcome> refused = traffic.ask(50, set);

        assertThat(refused).allMatch(Outcome::unavailable);
        assertThat(traffic.ask(() -> store.run(script, List.of("s"), List.of("v"))).unavailable()).isTrue();
        assertThat(traffic.ask(get).answered()).as("a read").isTrue();
        assertThat(store.available()).isTrue();

        command(store, traffic, Command.CONFIG, "SET", "maxmemory", "0");
        report("out of memory", refused.get(0), refused, traffic.untilAnswered(set, RECOVERY));
    }

    @Test
    void aLoadingRedisIsNotYetThere() {
        redis = TestRedis.start("enable-debug-command yes", "key-load-delay 2000",
                "loading-process-events-interval-bytes 1024",
                "save 3600 1000000");
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = traffic.warm(redis.store(TIMEOUT));
        Supplier<Uni<Response>> get = () -> store.call(Command.GET, "0");
        for (int i = 0; i < 300; i++) {
            int name = i;
            traffic.ask(() -> store.call(Command.SET, Integer.toString(name), new byte[1_000]));
        }

        SharedStore patient = traffic.warm(redis.store(Duration.ofSeconds(20)));
        CompletableFuture<Outcome> reload = traffic.start(() -> patient.call(Command.DEBUG, "RELOAD"));
        Await.until(Duration.ofSeconds(5), () -> traffic.ask(get).unavailable());
        List<Outcome> during = traffic.ask(100, get);

        assertThat(during).allMatch(Outcome::unavailable);
        assertThat(reload.join().answered()).isTrue();
        report("loading", during.get(0), during, traffic.untilAnswered(get, Duration.ofSeconds(10)));
    }

    @Test
    void aBusyRedisIsUnavailable() {
        redis = TestRedis.start("lua-time-limit 20");
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = traffic.warm(redis.store(TIMEOUT));
        Supplier<Uni<Response>> get = () -> store.call(Command.GET, "k");

        SharedStore patient = traffic.warm(redis.store(Duration.ofSeconds(20)));
        CompletableFuture<Outcome> endless = traffic.start(() -> patient.run(
                Scripts.of("while true do end"), List.of(), List.of()));
        Await.until(Duration.ofSeconds(10), () -> traffic.ask(get).unavailable());
        List<Outcome> later = traffic.ask(100, get);

        assertThat(later).allMatch(Outcome::unavailable);
        assertThat(Traffic.median(later)).isLessThan(1_000);

        redis.client().send(io.vertx.redis.client.Request.cmd(Command.SCRIPT).arg("KILL"))
                .toCompletionStage().toCompletableFuture().join();
        assertThat(endless.join().answered()).isFalse();
        report("busy", later.get(0), later, traffic.untilAnswered(get, RECOVERY));
    }

    @Test
    void aMistakeOfOursIsNoOutage() {
        redis = TestRedis.start();
        Traffic traffic = new Traffic(redis.vertx());
        SharedStore store = traffic.warm(redis.store(TIMEOUT));
        traffic.ask(() -> store.call(Command.SET, "k", "v"));

        Outcome wrongType = traffic.ask(() -> store.call(Command.HGET, "k", "f"));
        Outcome raised = traffic.ask(() -> store.run(Scripts.of("return redis.error_reply('NOPE no')"), List.of(),
                List.of()));

        assertThat(wrongType.error()).isInstanceOf(ErrorType.class).hasMessageStartingWith("WRONGTYPE");
        assertThat(raised.error()).isInstanceOf(ErrorType.class).hasMessageStartingWith("NOPE");
        assertThat(store.available()).isTrue();
    }

    private void command(SharedStore store, Traffic traffic, Command command, Object... arguments) {
        assertThat(traffic.ask(() -> store.call(command, arguments)).answered()).isTrue();
    }

    private long connections(SharedStore store) {
        return store.call(Command.CLIENT, "LIST").await().indefinitely().toString().lines().count();
    }

    private static void report(String fault, Outcome first, List<Outcome> later, Duration recovery) {
        LOG.infof("fault=\"%s\" first_ms=%.1f later_median_us=%d later_max_us=%d recovery_ms=%d", fault,
                first.micros() / 1_000.0, Traffic.median(later),
                later.stream().mapToLong(Outcome::micros).max().orElse(0), recovery.toMillis());
    }
}
