package dev.sluice.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.redis.Traffic.Outcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SharedStoreClusterTest {
    private static final Logger LOG = Logger.getLogger(SharedStoreClusterTest.class);
    private static final Duration TIMEOUT = Duration.ofMillis(100);
    private static final Duration RECOVERY = Duration.ofSeconds(2);
    private static final Script APPEND = Scripts.of("""
            if redis.call('SADD', KEYS[2], ARGV[1]) == 1 then redis.call('RPUSH', KEYS[1], ARGV[1]) end""");

    private static TestRedisCluster cluster;
    private static Traffic traffic;

    @BeforeAll
    static void start() {
        cluster = TestRedisCluster.start();
        traffic = new Traffic(cluster.vertx());
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void reachesEveryNodeWithCommandsAndScripts() {
        SharedStore store = cluster.store();
        Script script = Scripts.of("return redis.call('INCRBY', KEYS[1], ARGV[1])");

        for (int node = 0; node < 3; node++) {
            String key = TestRedisCluster.keyOn(node, "count");
            traffic.ask(() -> store.run(script, List.of(key), List.of(41)));
            Outcome read = traffic.ask(() -> store.run(script, List.of(key), List.of(1)));

            assertThat(read.answer().toLong()).isEqualTo(42);
            assertThat(read.onCallersLoop()).isTrue();
        }
    }

    @Test
    void deletesFromSeveralNodesAtOnce() {
        SharedStore store = cluster.store();
        List<String> keys = List.of(TestRedisCluster.keyOn(0, "old"), TestRedisCluster.keyOn(1, "old"),
                TestRedisCluster.keyOn(2, "old"));
        keys.forEach(key -> traffic.ask(() -> store.call(Command.SET, key, "x")));

        Outcome deleted = traffic.ask(() -> store.call(Command.DEL, keys.toArray()));

        assertThat(deleted.answer().toLong()).isEqualTo(3);
        assertThat(traffic.ask(() -> store.call(Command.GET, keys.get(2))).answer()).isNull();
    }

    @Test
    void keysOfDifferentNodesInOneScriptAreAMistake() {
        SharedStore store = cluster.store();

        Outcome outcome = traffic.ask(() -> store.run(Scripts.of("return 1"),
                List.of(TestRedisCluster.keyOn(0, "a"), TestRedisCluster.keyOn(1, "a")), List.of()));

        assertThat(outcome.unavailable()).isFalse();
        assertThat(outcome.error()).hasMessageContaining("CROSSSLOT");
        assertThat(store.available()).isTrue();
    }

    @Test
    void followsAKeyThatMoves() {
        SharedStore store = cluster.store();
        String key = TestRedisCluster.keyOn(0, "moving");
        int slot = TestRedisCluster.slot(key);
        traffic.ask(() -> store.call(Command.SET, key, "v"));
        String from = cluster.ask(0, "MYID").toString();
        String to = cluster.ask(1, "MYID").toString();

        cluster.ask(1, "SETSLOT", slot, "IMPORTING", from);
        cluster.ask(0, "SETSLOT", slot, "MIGRATING", to);
        cluster.on(0, Request.cmd(Command.MIGRATE).arg("127.0.0.1").arg(Integer.toString(cluster.node(1).port()))
                .arg(key).arg("0").arg("1000"));
        Outcome asked = traffic.ask(() -> store.call(Command.GET, key));
        cluster.ask(1, "SETSLOT", slot, "NODE", to);
        cluster.ask(0, "SETSLOT", slot, "NODE", to);
        Outcome moved = traffic.ask(() -> store.call(Command.GET, key));

        assertThat(asked.answer().toString()).isEqualTo("v");
        assertThat(moved.answer().toString()).isEqualTo("v");
    }

    @Test
    void aHangingNodeCostsOneTimeOutAndClosesNoOther() {
        SharedStore store = traffic.warm(cluster.store(TIMEOUT));
        String hanging = TestRedisCluster.keyOn(2, "k");
        String healthy = TestRedisCluster.keyOn(1, "k");
        traffic.ask(() -> store.call(Command.SET, hanging, "v"));
        traffic.ask(() -> store.call(Command.SET, healthy, "v"));

        cluster.node(2).pause();
        Outcome first = traffic.ask(() -> store.call(Command.GET, hanging));
        List<Outcome> later = traffic.ask(200, () -> store.call(Command.GET, hanging));
        List<Outcome> others = traffic.ask(200, () -> store.call(Command.GET, healthy));

        assertThat(first.unavailable()).isTrue();
        assertThat(first.micros()).isLessThan(250_000);
        assertThat(later).allMatch(Outcome::unavailable);
        assertThat(Traffic.median(later)).isLessThan(1_000);
        assertThat(others).allMatch(Outcome::answered);

        cluster.node(2).resume();
        Duration recovery = traffic.untilAnswered(() -> store.call(Command.GET, hanging), RECOVERY);
        LOG.infof("fault=\"one node of three hangs\" first_ms=%.1f later_median_us=%d recovery_ms=%d",
                first.micros() / 1_000.0, Traffic.median(later), recovery.toMillis());
    }

    @Test
    void aClusterThatHangsCostsFewTimeOuts() {
        SharedStore store = traffic.warm(cluster.store(TIMEOUT));
        traffic.ask(() -> store.call(Command.GET, "k"));

        for (int node = 0; node < 3; node++) {
            cluster.node(node).pause();
        }
        List<Outcome> first = traffic.burst(100, () -> store.call(Command.GET, "k"));
        Await.until(Duration.ofSeconds(20), () -> {
            traffic.ask(() -> store.call(Command.GET, "other" + System.nanoTime()));
            return !store.available();
        });
        List<Outcome> later = traffic.ask(200, () -> store.call(Command.GET, "other" + System.nanoTime()));

        assertThat(first).allMatch(Outcome::unavailable).allMatch(outcome -> outcome.micros() < 250_000);
        assertThat(later).allMatch(Outcome::unavailable);
        assertThat(Traffic.median(later)).isLessThan(1_000);

        for (int node = 0; node < 3; node++) {
            cluster.node(node).resume();
        }
        traffic.untilAnswered(() -> store.call(Command.GET, "k"), RECOVERY.plusSeconds(3));
    }

    @Test
    void theOutboxWritesToEveryNodeInOrder() {
        SharedStore store = cluster.store();
        Outbox outbox = new Outbox(store, new SimpleMeterRegistry(), Outbox.CAPACITY, Duration.ofSeconds(20));
        String tag = "{outbox}";
        // A node that does not know the script yet is told it in a second call, which comes behind those already sent.
        for (int i = 0; i < 3; i++) {
            cluster.on(i, Request.cmd(Command.SCRIPT).arg("LOAD").arg(APPEND.source()));
        }

        cluster.vertx().runOnContext(ignored -> {
            for (int i = 0; i < 1_000; i++) {
                outbox.post(APPEND, List.of(tag + "list", tag + "set"), List.of(i));
                outbox.post(APPEND, List.of("{" + i % 50 + "}list", "{" + i % 50 + "}set"), List.of(i));
            }
        });

        Await.until(Duration.ofSeconds(20),
                () -> store.call(Command.LLEN, tag + "list").await().indefinitely().toInteger() == 1_000);
        outbox.drain().await().indefinitely();
        List<Integer> list = store.call(Command.LRANGE, tag + "list", 0, -1).await().indefinitely().stream()
                .map(Response::toInteger).toList();
        assertThat(list).isSorted().hasSize(1_000);
        for (int i = 0; i < 50; i++) {
            int tagged = i;
            assertThat(traffic.ask(() -> store.call(Command.LLEN, "{" + tagged + "}list")).answer().toInteger())
                    .isEqualTo(20);
        }
    }
}
