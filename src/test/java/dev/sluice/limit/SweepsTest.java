package dev.sluice.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Money;
import dev.sluice.Quota;
import dev.sluice.redis.Outbox;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SweepsTest {
    private static final Demand DEMAND = new Demand(0, 60, 1, 60, new Tariff(1_000_000, 1_000_000), false);

    private static TestRedis redis;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Test
    void leasesOfRunningCallsAreRenewedInOneCallPerTenant() {
        ScriptWorld world = new ScriptWorld(redis, 1_795_478_400_000L);
        AtomicLong millis = new AtomicLong();
        LiveLeases live = new LiveLeases(world.limits, millis::get);
        Holder holder = holder("renewed");
        for (int i = 0; i < 20; i++) {
            world.reserve(holder, "l" + i, DEMAND);
            live.add(holder, "l" + i);
        }
        live.remove("l0");
        world.pass(20_000);

        millis.set(LiveLeases.RENEW_AFTER_MILLIS - 1);
        live.sweep();
        millis.set(LiveLeases.RENEW_AFTER_MILLIS);
        live.sweep();

        World.await("the last lease was renewed",
                () -> world.expiry(holder, "l19") == world.now() + LimitStore.LEASE_MILLIS);
        world.pass(LimitStore.LEASE_MILLIS - 20_000);
        assertThat(world.reap(holder)).as("the one whose call has ended").isEqualTo(1);
    }

    @Test
    void oneReplicaSweepsForAllAndAnotherTakesOver() {
        SharedStore store = redis.store(Duration.ofSeconds(10));
        Replicas one = new Replicas(store);
        Replicas other = new Replicas(store);

        one.appear().await().indefinitely();
        boolean otherSweeps = other.appear().await().indefinitely();
        boolean oneSweeps = one.appear().await().indefinitely();

        assertThat(one.count()).isEqualTo(2);
        assertThat(other.count()).isEqualTo(2);
        assertThat(oneSweeps).isNotEqualTo(otherSweeps);
    }

    @Test
    void whatADeadReplicaHeldIsFoundByTheSweepOfAnother() {
        ScriptWorld world = new ScriptWorld(redis, 1_795_478_400_000L);
        Holder dead = holder("dead");
        new Replicas(world.store).seen("dead");
        world.reserve(dead, "crashed", DEMAND);
        world.pass(LimitStore.LEASE_MILLIS);
        redis.client()
                .send(io.vertx.redis.client.Request.cmd(io.vertx.redis.client.Command.DEL).arg("test:v1:replicas"))
                .toCompletionStage().toCompletableFuture().join();
        LimitStore limits = new LimitStore(world.store, new Outbox(world.store), world.scripts, () -> 0);
        Sweeps sweeps = new Sweeps(redis.vertx(), new Replicas(world.store), new LiveLeases(limits, () -> 0), limits,
                new Holders(World.settings(Map.of()), world.store.keys(), Clock.systemUTC()));

        World.await("the tenant is known", () -> {
            sweeps.sweep().await().indefinitely();
            return world.liveLeases(dead) == 0;
        });

        assertThat(world.scope(dead, "key:k").path("daySpent").asLong()).isEqualTo(60);
    }

    private static Holder holder(String tenant) {
        return new Holder("test:v1:{t:" + tenant + "}:", "k", new TenantZone(ZoneOffset.UTC, Clock.systemUTC()),
                List.of(new Scope("key:k", new Quota(0, 0, 0, new Money(10_000), Money.ZERO)),
                        new Scope("tenant", Quota.UNLIMITED)));
    }
}
