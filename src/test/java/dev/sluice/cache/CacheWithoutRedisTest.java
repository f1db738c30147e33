package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.isHit;
import static dev.sluice.cache.Asked.question;
import static dev.sluice.cache.Asked.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.CacheStatus;
import dev.sluice.Money;
import dev.sluice.Reply;
import dev.sluice.Reply.Refusal;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.cache.Asked.Provider;
import dev.sluice.cache.CacheAdministration.Figures;
import dev.sluice.config.Settings;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.StoreUnavailable;
import dev.sluice.redis.TestRedis;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CacheWithoutRedisTest {
    private static final CacheStatus NOT_STORED = new CacheStatus.Miss(false);

    private final Provider provider = new Provider();
    private TestRedis redis;
    private SharedStore store;
    private Replica replica;

    @BeforeEach
    void start() {
        redis = TestRedis.start();
        store = Eventually.answering(redis.store(Duration.ofMillis(500)));
        replica = new Replica(redis, store, Replica.settings());
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    @Test
    void isAMissAndWorksAgainAfterwards() {
        replica.askAndKeep(exchange(question("1")), provider);
        redis.stop();
        Eventually.until(() -> !store.available());

        Reply away = replica.ask(exchange(question("1")), provider);
        CacheWish onlyIfCached = new CacheWish(Lookup.EXACT, false, false, OptionalLong.empty(), true);
        Reply nothing = replica.ask(exchange(question("1"), onlyIfCached), provider);

        assertThat(text(away)).contains("answer 2");
        assertThat(away.receipt().cache()).contains(NOT_STORED);
        assertThat(nothing).isInstanceOf(Refusal.class);
        assertThatThrownBy(() -> replica.await(replica.administration.figures()))
                .isInstanceOf(StoreUnavailable.class);
        assertThatThrownBy(() -> replica.await(replica.administration.purge(Optional.empty(), Optional.empty())))
                .isInstanceOf(StoreUnavailable.class);

        redis.restart();
        Eventually.until(() -> isHit(replica.ask(exchange(question("1")), provider)));
    }

    @Test
    void waitsNoLongerThanTheStoreDoes() {
        replica.askAndKeep(exchange(question("1")), provider);
        redis.pause();
        try {
            long before = System.nanoTime();
            Reply reply = replica.ask(exchange(question("1")), provider);

            assertThat(reply.receipt().cache()).contains(NOT_STORED);
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isBetween(Duration.ofMillis(400),
                    Duration.ofSeconds(3));
        } finally {
            redis.resume();
        }
    }

    @Test
    void whatHappenedMeanwhileIsCountedOnceItIsBack() {
        replica.askAndKeep(exchange(question("1")), provider);
        replica.ask(exchange(question("1")), provider);
        redis.stop();
        Eventually.until(() -> !store.available());
        for (int i = 0; i < 10; i++) {
            replica.ask(exchange(question("1")), provider);
        }
        redis.restart();
        Eventually.until(() -> store.available());

        Eventually.until(() -> replica.await(replica.administration.figures().onFailure()
                .recoverWithItem(new Figures(0, 0, 0, 0, 0, 0, 0, 0, 0, Money.ZERO))).misses() == 11);
        assertThat(replica.await(replica.administration.figures()).exactHits()).isEqualTo(1);
    }

    /** Redis runs the script, but its answer comes too late: the same lot is sent again and must not count twice. */
    @Test
    void whatWasCountedWithoutAnAnswerIsNotCountedAgain() {
        CacheWish off = new CacheWish(Lookup.OFF, false, false, OptionalLong.empty(), false);
        replica.ask(exchange(question("1"), off), provider);
        Eventually.until(() -> bypassed() == 1); // from now on Redis knows the script
        replica.ask(exchange(question("1"), off), provider);
        redis.pause();
        assertThatThrownBy(() -> replica.await(replica.journal.flushAll())).isInstanceOf(StoreUnavailable.class);
        redis.resume();
        Eventually.until(() -> store.available());

        Eventually.until(() -> bypassed() > 1);
        Eventually.until(() -> replica.await(replica.journal.flushAll().replaceWith(true).onFailure()
                .recoverWithItem(false)));
        assertThat(bypassed()).isEqualTo(2);
    }

    private long bypassed() {
        return replica.await(replica.administration.figures().map(Figures::bypassed).onFailure().recoverWithItem(0L));
    }

    @Test
    void remembersNoMoreThanItCanHold() {
        redis.stop();
        Eventually.until(() -> !store.available());
        Scope scope = new Scope(Settings.Scope.TENANT, "tenant", "");
        for (int i = 0; i < 25_000; i++) {
            replica.journal.stored(Asked.note(scope, "i" + i, "r" + i, "tenant", 600_000_000, 10));
        }
        redis.restart();
        Eventually.until(() -> store.available());

        Eventually.until(() -> replica.await(replica.administration.figures().map(Figures::entries).onFailure()
                .recoverWithItem(0L)) == 10_000);
    }
}
