package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.isHit;
import static dev.sluice.cache.Asked.question;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Exchange;
import dev.sluice.cache.Asked.Provider;
import dev.sluice.config.Settings;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A cluster refuses a script whose keys are on different hash slots, even where one node has all slots. */
class CacheOnClusterTest {
    private static TestRedis redis;
    private static SharedStore store;

    @BeforeAll
    static void start() {
        redis = TestRedis.start("cluster-enabled yes");
        redis.client().send(Request.cmd(Command.CLUSTER).arg("ADDSLOTSRANGE").arg("0").arg("16383"))
                .toCompletionStage().toCompletableFuture().join();
        store = Eventually.answering(redis.store(Duration.ofSeconds(5)));
        Eventually.until(() -> store.call(Command.SET, "ready", "1").replaceWith(true).onFailure()
                .recoverWithItem(false).await().indefinitely());
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @ParameterizedTest
    @EnumSource(Settings.Scope.class)
    void doesAllOfIt(Settings.Scope scope) {
        Provider provider = new Provider();
        Replica replica = new Replica(redis, store, Replica.settings(scope, 2, Duration.ofHours(1)));
        for (int i = 0; i < 3; i++) {
            replica.askAndKeep(exchange(question("q" + i)), provider);
        }
        Exchange last = exchange(question("q2"));
        assertThat(isHit(replica.ask(last, provider))).isTrue();
        assertThat(replica.await(replica.administration.figures()).entries()).isEqualTo(2);

        assertThat(replica.await(replica.administration.purge(last.id(), Optional.empty(), Optional.empty())))
                .isEqualTo(1);
        assertThat(replica.await(replica.administration.purge(Optional.of("tenant"), Optional.empty()))).isEqualTo(1);
        assertThat(replica.await(replica.administration.figures()).entries()).isZero();
    }

    /** Here the client does not know that it speaks to a cluster, and asks for all slots at once. */
    @Test
    void deletesWhatLivesInDifferentSlots() {
        // given
        Replica replica = new Replica(redis, store, Replica.settings());
        List<String> identities = List.of("a", "b", "c", "missing");
        for (String identity : identities.subList(0, 3)) {
            replica.await(replica.entries.put(new Identity(identity), new byte[]{ 1}, 60_000));
        }

        // when
        long deleted = replica.await(replica.entries.delete(identities));

        // then
        assertThat(deleted).isEqualTo(3);
        assertThat(replica.await(replica.entries.get(new Identity("a")))).isNull();
    }
}
