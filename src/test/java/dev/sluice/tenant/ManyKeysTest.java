package dev.sluice.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Priority;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import dev.sluice.tenant.ApiKey.Settable;
import dev.sluice.tenant.Keys.Issued;
import dev.sluice.tenant.KeyStore.Stored;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ManyKeysTest {
    private static final int MANY = 100_000;
    private static final int ROUNDS = 20;
    private static final int LOOK_UPS = 50_000;
    private static final int MADE = 1_000;
    private static final int LATE = 100;
    private static final Pattern LOOKS = Pattern.compile("cmdstat_hmget:calls=(\\d+)");

    private static TestRedis redis;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    /** A replica that has met this many keys. */
    private static KeyReplica replica(int keys) {
        KeyReplica replica = new KeyReplica(redis.vertx(), redis.options(), redis.store(), TestSettings.settings(),
                KeyReplica.NEVER);
        for (int i = 0; i < keys; i++) {
            ApiKey key = new ApiKey("key-" + i, "b", TestSettings.DEFAULT_QUOTA, false, Priority.HIGH, Set.of("*"),
                    true,
                    Optional.of(Instant.EPOCH),
                    List.of(new KeySecret(SecretHash.of("sk-" + i), KeySecret.NEVER)));
            replica.memory.put(new Stored(key, 1, 0));
        }
        return replica;
    }

    private static List<Optional<String>> secrets(int keys) {
        List<Optional<String>> secrets = new ArrayList<>();
        for (int i = 0; i < keys; i++) {
            secrets.add(Optional.of("sk-" + i));
        }
        return secrets;
    }

    /** The fastest of several rounds, ns for one look-up: what it costs where nothing else disturbs. */
    private static double cost(KeyReplica replica, List<Optional<String>> secrets) {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            for (int i = 0; i < LOOK_UPS; i++) {
                replica.callers.identify(secrets.get(i % secrets.size())).subscribe()
                        .with(caller -> assertThat(caller.isPresent()).isTrue());
            }
            best = Math.min(best, (double) (System.nanoTime() - start) / LOOK_UPS);
        }
        return best;
    }

    @Test
    void findingAKeyCostsTheSameAmongTenAndAmongAHundredThousand() {
        KeyReplica few = replica(10);
        KeyReplica many = replica(MANY);
        cost(few, secrets(10));

        double amongFew = cost(few, secrets(10));
        // The same ten first: what differs then is only how many there are, not what fits into the processor's cache.
        double amongMany = cost(many, secrets(10));
        double allInTurn = cost(many, secrets(MANY));

        assertThat(amongMany).isLessThan(2 * amongFew + 500);
        assertThat(allInTurn).isLessThan(5 * amongFew + 5_000);
    }

    /** Messages come late where much changes at once: none of them is a reason to read all keys again. */
    @Test
    void whoIsToldLateOfWhatAComparisonHasFoundReadsOnlyThat() {
        SharedStore store = redis.store(Duration.ofSeconds(10));
        KeyStore keys = new KeyStore(store);
        KeyReplica replica = new KeyReplica(redis.vertx(), redis.options(), store, TestSettings.settings(),
                KeyReplica.NEVER);
        KeyRefresh refresh = new KeyRefresh(keys, replica.memory);
        List<Uni<Optional<Issued>>> made = new ArrayList<>();
        for (int i = 0; i < MADE; i++) {
            made.add(create(replica, "made-" + i));
        }
        Uni.join().all(made).andFailFast().await().indefinitely();
        refresh.check().await().indefinitely();
        long compared = keys.version().await().indefinitely();
        create(replica, "another").await().indefinitely();
        long latest = keys.version().await().indefinitely();
        long before = looks();

        List<CompletableFuture<Void>> told = new ArrayList<>();
        for (int i = 0; i < LATE; i++) {
            told.add(refresh.told(compared - LATE + i, compared - LATE + i + 1, "made-" + i)
                    .subscribeAsCompletionStage());
        }
        told.forEach(CompletableFuture::join);
        refresh.told(compared, latest, "another").await().indefinitely();
        refresh.check().await().indefinitely();

        assertThat(looks() - before).isEqualTo(LATE + 1);
    }

    private static Uni<Optional<Issued>> create(KeyReplica replica, String name) {
        return replica.keys().create(name, new Settable("b", TestSettings.DEFAULT_QUOTA, false, Priority.HIGH,
                Set.of("*"), true));
    }

    private static long looks() {
        String statistics = redis.client().send(Request.cmd(Command.INFO).arg("commandstats")).toCompletionStage()
                .toCompletableFuture().join().toString();
        Matcher calls = LOOKS.matcher(statistics);
        return calls.find() ? Long.parseLong(calls.group(1)) : 0;
    }
}
