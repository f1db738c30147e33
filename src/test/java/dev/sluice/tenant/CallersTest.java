package dev.sluice.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.Caller;
import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.Auth;
import dev.sluice.redis.Await;
import dev.sluice.redis.KeyNames;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.StoreUnavailable;
import dev.sluice.redis.TestRedis;
import dev.sluice.tenant.ApiKey.Settable;
import dev.sluice.tenant.Keys.Issued;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CallersTest {
    private static final Duration A_SECOND = Duration.ofSeconds(1);
    private static final Settable SETTABLE = new Settable("b", TestSettings.DEFAULT_QUOTA, false, Priority.HIGH,
            Set.of("*"), true);
    private static final Settings OPEN = TestSettings.settings(new Auth(false, Optional.empty(), Optional.empty()));

    private final List<KeyReplica> replicas = new ArrayList<>();
    private TestRedis redis;

    @BeforeEach
    void start() {
        redis = TestRedis.start();
    }

    @AfterEach
    void stop() {
        replicas.forEach(KeyReplica::close);
        redis.close();
    }

    private KeyReplica replica() {
        return replica(TestSettings.settings(), KeyReplica.NEVER);
    }

    private KeyReplica replica(Settings settings, Duration interval) {
        KeyReplica replica = new KeyReplica(redis.vertx(), redis.options(), redis.store(), settings, interval);
        replicas.add(replica);
        return replica;
    }

    /** One that hears of changes by the time this returns. */
    private KeyReplica listening() {
        return listening(KeyReplica.NEVER);
    }

    private KeyReplica listening(Duration interval) {
        long before = listeners();
        KeyReplica replica = replica(TestSettings.settings(), interval).started();
        Await.until(Duration.ofSeconds(5), () -> listeners() > before);
        return replica;
    }

    private long listeners() {
        return send(Request.cmd(Command.PUBSUB).arg("NUMSUB").arg("test:v1:{keys}:changes"))
                .transform(reply -> Long.parseLong(reply.substring(reply.lastIndexOf(' ') + 1).replace("]", "")));
    }

    private String send(Request request) {
        return redis.client().send(request).toCompletionStage().toCompletableFuture().join().toString();
    }

    private long scriptsRun() {
        Matcher calls = Pattern.compile("cmdstat_(?:evalsha|eval):calls=(\\d+)")
                .matcher(send(Request.cmd(Command.INFO).arg("commandstats")));
        long sum = 0;
        while (calls.find()) {
            sum += Long.parseLong(calls.group(1));
        }
        return sum;
    }

    private static Issued create(KeyReplica replica, Settable settable) {
        return replica.keys().create("key-" + UUID.randomUUID(), settable).await().indefinitely().orElseThrow();
    }

    private static Settable disabled(Settable key) {
        return new Settable(key.tenant(), key.quota(), key.clamp(), key.maxPriority(), key.models(), false);
    }

    private static String neverIssued() {
        return Secrets.generate(new SecureRandom());
    }

    @Test
    void aBootstrapKeyIsKnownWithoutRedis() {
        KeyReplica replica = replica();
        redis.stop();

        assertThat(replica.identify(TestSettings.TEAM_A_SECRET)).contains(
                new Caller("team-a", "a", Quota.UNLIMITED, true, Priority.CRITICAL, Set.of("cheap")));
    }

    @Test
    void nobodyIsWhoPresentsNothingOrWhatNobodyIssued() {
        KeyReplica replica = replica();

        assertThat(replica.callers.identify(Optional.empty()).await().indefinitely()).isEmpty();
        assertThat(replica.identify("")).isEmpty();
        assertThat(replica.identify("sk-guessed")).isEmpty();
        assertThat(replica.identify(neverIssued())).isEmpty();
    }

    @Test
    void whereAuthenticationIsOffStrangersAreAnonymousAndKeysAreThemselves() {
        KeyReplica replica = replica(OPEN, KeyReplica.NEVER);
        Caller anonymous = new Caller("anonymous", "default", TestSettings.DEFAULT_QUOTA, false, Priority.HIGH,
                Set.of("*"));
        Issued issued = create(replica, SETTABLE);

        assertThat(replica.callers.identify(Optional.empty()).await().indefinitely()).contains(anonymous);
        assertThat(replica.identify("sk-anything")).contains(anonymous);
        assertThat(replica.identify(neverIssued())).contains(anonymous);
        assertThat(replica.identify(TestSettings.TEAM_A_SECRET)).get().extracting(Caller::key).isEqualTo("team-a");
        assertThat(replica.identify(issued.secret())).get().extracting(Caller::tenant).isEqualTo("b");
        redis.stop();
        assertThat(replica.identify(neverIssued())).contains(anonymous);
    }

    @Test
    void aKeyIsAskedForOnceByEachReplicaAndThenKnown() {
        Quota quota = new Quota(1, 2, 3, new Money(9_000_000_000_000_001L), new Money(5));
        Settable settable = new Settable("b", quota, true, Priority.MEDIUM, Set.of("cheap", "strong"), true);
        Issued issued = create(replica(), settable);
        KeyReplica other = replica();
        long before = scriptsRun();

        Optional<Caller> first = other.identify(issued.secret());
        long asked = scriptsRun() - before;
        for (int i = 0; i < 100; i++) {
            assertThat(other.identify(issued.secret())).isEqualTo(first);
        }

        assertThat(first).contains(new Caller(issued.key().name(), "b", quota, true, Priority.MEDIUM,
                Set.of("cheap", "strong")));
        // The first call of a script is made by its hash, and again with its source.
        assertThat(asked).isBetween(1L, 2L);
        assertThat(scriptsRun() - before).isEqualTo(asked);
    }

    @Test
    void aSecretThatNobodyIssuedIsAskedForOnceHoweverManyPresentItAndAgainAfterAWhile() {
        KeyReplica replica = replica();
        replica.identify(neverIssued());
        String secret = neverIssued();
        long before = scriptsRun();

        List<Uni<Optional<Caller>>> asked = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            asked.add(replica.callers.identify(Optional.of(secret)));
        }
        List<Optional<Caller>> answers = Uni.join().all(asked).andFailFast().await().indefinitely();
        replica.identify(secret);

        assertThat(answers).hasSize(50).containsOnly(Optional.empty());
        assertThat(scriptsRun() - before).isEqualTo(1);
        replica.pass(Duration.ofMinutes(1));
        replica.identify(secret);
        assertThat(scriptsRun() - before).isEqualTo(2);
    }

    @Test
    void whatHasNotTheFormOfOurSecretsIsNotWorthATrip() {
        KeyReplica replica = replica();
        long before = scriptsRun();

        replica.identify("sk-" + UUID.randomUUID());
        replica.identify("x".repeat(100_000));

        assertThat(scriptsRun()).isEqualTo(before);
    }

    @Test
    void aChangeHoldsAtOnceWhereItIsMadeAndWithinASecondOnOtherReplicas() {
        KeyReplica one = listening();
        KeyReplica two = listening();
        Issued issued = create(one, SETTABLE);
        String name = issued.key().name();
        Quota more = new Quota(7, 8, 9, Money.ZERO, Money.ZERO);
        assertThat(two.knows(issued.secret())).isTrue();

        one.keys().change(name, key -> new Settable(key.tenant(), more, key.clamp(), key.maxPriority(), key.models(),
                true)).await().indefinitely();
        assertThat(one.identify(issued.secret()).orElseThrow().quota()).isEqualTo(more);
        Await.until(A_SECOND, () -> two.identify(issued.secret()).orElseThrow().quota().equals(more));

        two.keys().change(name, CallersTest::disabled).await().indefinitely();
        assertThat(two.knows(issued.secret())).isFalse();
        Await.until(A_SECOND, () -> !one.knows(issued.secret()));
    }

    @Test
    void aDeletedKeyIsUnknownWithinASecond() {
        KeyReplica one = listening();
        KeyReplica two = listening();
        Issued issued = create(one, SETTABLE);
        assertThat(two.knows(issued.secret())).isTrue();

        assertThat(one.keys().delete(issued.key().name()).await().indefinitely()).isTrue();

        assertThat(one.knows(issued.secret())).isFalse();
        Await.until(A_SECOND, () -> !two.knows(issued.secret()));
        assertThat(one.keys().delete(issued.key().name()).await().indefinitely()).isFalse();
    }

    /** One that may write, but not publish: its changes are told to nobody. */
    private KeyReplica mute() {
        send(Request.cmd(Command.ACL).arg("SETUSER").arg("mute").arg("on").arg(">pw").arg("~*").arg("+@all")
                .arg("resetchannels"));
        SharedStore mute = new SharedStore(redis.vertx(),
                redis.options().setConnectionString("redis://mute:pw@127.0.0.1:" + redis.port()), A_SECOND,
                new KeyNames("test"));
        return new KeyReplica(redis.vertx(), redis.options(), mute, TestSettings.settings(), KeyReplica.NEVER);
    }

    @Test
    void aChangeThatWasNotToldIsFoundWhenVersionsAreCompared() {
        KeyReplica deaf = listening(KeyReplica.FAST);
        KeyReplica writer = mute();
        Issued issued = create(writer, SETTABLE);
        Issued second = create(writer, SETTABLE);
        assertThat(deaf.knows(issued.secret())).isTrue();
        assertThat(deaf.knows(second.secret())).isTrue();

        writer.keys().change(issued.key().name(), CallersTest::disabled).await().indefinitely();
        writer.keys().delete(second.key().name()).await().indefinitely();

        Await.until(Duration.ofSeconds(5), () -> !deaf.knows(issued.secret()));
        Await.until(Duration.ofSeconds(5), () -> !deaf.knows(second.secret()));
    }

    @Test
    void aChangeThatIsToldBringsThoseThatWereNot() {
        KeyReplica two = listening();
        KeyReplica one = replica();
        KeyReplica writer = mute();
        Issued first = create(one, SETTABLE);
        assertThat(two.knows(first.secret())).isTrue();

        writer.keys().change(first.key().name(), CallersTest::disabled).await().indefinitely();
        assertThat(two.knows(first.secret())).isTrue();
        create(one, SETTABLE);

        Await.until(A_SECOND, () -> !two.knows(first.secret()));
    }

    @Test
    void aSecretThatARotationEndsWorksUntilThenWithoutAskingRedis() {
        KeyReplica one = listening();
        KeyReplica two = listening();
        Issued first = create(one, SETTABLE);
        assertThat(two.knows(first.secret())).isTrue();

        Issued second = one.keys().rotate(first.key().name(), Duration.ofMinutes(1)).await().indefinitely()
                .orElseThrow();

        assertThat(two.knows(second.secret())).isTrue();
        for (KeyReplica replica : List.of(one, two)) {
            assertThat(replica.knows(first.secret())).isTrue();
            replica.pass(Duration.ofSeconds(59));
        }
        redis.stop();
        assertThat(two.knows(first.secret())).isTrue();
        assertThat(two.knows(second.secret())).isTrue();
        two.pass(Duration.ofSeconds(2));
        assertThatThrownBy(() -> two.identify(first.secret())).isInstanceOf(StoreUnavailable.class);
        assertThat(two.knows(second.secret())).isTrue();
    }

    @Test
    void aSecretThatHasEndedByTheClockOfRedisIsUnknownToAReplicaThatNeverMetIt() {
        KeyReplica one = replica();
        Issued first = create(one, SETTABLE);
        one.keys().rotate(first.key().name(), Duration.ofMillis(300)).await().indefinitely();

        Await.until(Duration.ofSeconds(5), () -> !replica().knows(first.secret()));
    }

    @Test
    void aReplicaThatLosesItsEarFindsItAgainAndWhatItMissed() {
        KeyReplica one = replica();
        KeyReplica two = listening();
        Issued issued = create(one, SETTABLE);
        Issued second = create(one, SETTABLE);
        assertThat(two.knows(issued.secret())).isTrue();
        assertThat(two.knows(second.secret())).isTrue();

        send(Request.cmd(Command.CLIENT).arg("KILL").arg("TYPE").arg("pubsub"));
        one.keys().change(issued.key().name(), CallersTest::disabled).await().indefinitely();

        Await.until(A_SECOND, () -> !two.knows(issued.secret()));
        one.keys().change(second.key().name(), CallersTest::disabled).await().indefinitely();
        Await.until(A_SECOND, () -> !two.knows(second.secret()));
    }

    @Test
    void knownKeysGoOnWorkingWithoutRedisAndOthersCannotBeTold() {
        KeyReplica replica = listening(KeyReplica.FAST);
        Issued issued = create(replica, SETTABLE);

        redis.stop();

        // Longer than several comparisons of versions.
        long second = System.nanoTime() + A_SECOND.toNanos();
        while (System.nanoTime() - second < 0) {
            assertThat(replica.knows(issued.secret())).isTrue();
        }
        assertThatThrownBy(() -> replica.identify(neverIssued())).isInstanceOf(StoreUnavailable.class);
    }

    @Test
    void aReplicaHearsAgainAfterRedisHung() {
        KeyReplica one = replica();
        KeyReplica two = listening(KeyReplica.FAST);
        Issued issued = create(one, SETTABLE);
        assertThat(two.knows(issued.secret())).isTrue();

        redis.pause();
        Await.until(Duration.ofSeconds(5), two::reconnecting);
        assertThat(two.knows(issued.secret())).isTrue();
        redis.resume();

        Await.until(Duration.ofSeconds(5), () -> !two.reconnecting());
        Await.until(Duration.ofSeconds(5), () -> one.keys().change(issued.key().name(), CallersTest::disabled)
                .onFailure().recoverWithItem(Optional.empty()).await().indefinitely().isPresent());
        Await.until(A_SECOND, () -> !two.knows(issued.secret()));
    }

    @Test
    void aChangeThatWasHeardOfButCouldNotBeReadIsReadAsSoonAsItCan() {
        acl("on");
        RedisOptions options = redis.options()
                .setConnectionString("redis://reader:of-the-keys@127.0.0.1:" + redis.port());
        SharedStore store = new SharedStore(redis.vertx(), options, A_SECOND, new KeyNames("test"));
        KeyReplica one = replica();
        KeyReplica two = new KeyReplica(redis.vertx(), redis.options(), store, TestSettings.settings(),
                KeyReplica.NEVER).started();
        replicas.add(two);
        Await.until(Duration.ofSeconds(5), () -> listeners() > 0);
        Issued issued = create(one, SETTABLE);
        assertThat(two.knows(issued.secret())).isTrue();

        acl("off");
        send(Request.cmd(Command.CLIENT).arg("KILL").arg("USER").arg("reader"));
        Await.until(Duration.ofSeconds(5), () -> !store.available());
        one.keys().change(issued.key().name(), CallersTest::disabled).await().indefinitely();
        assertThat(two.knows(issued.secret())).as("as far as it can know").isTrue();
        acl("on");

        Await.until(Duration.ofSeconds(5), () -> !two.knows(issued.secret()));
    }

    /** Whether the user that one replica reads keys as is let in. */
    private void acl(String onOrOff) {
        send(Request.cmd(Command.ACL).arg("SETUSER").arg("reader").arg(onOrOff).arg(">of-the-keys").arg("~*")
                .arg("+@all"));
    }

    @Test
    void keysLiveOnAClusterToo() {
        // One node that has all slots: what is written together must still be of one slot.
        try (TestRedis node = TestRedis.start("cluster-enabled yes", "cluster-announce-ip 127.0.0.1")) {
            node.client().send(Request.cmd(Command.CLUSTER).arg("ADDSLOTSRANGE").arg("0").arg("16383"))
                    .toCompletionStage().toCompletableFuture().join();
            RedisOptions options = node.options().setType(RedisClientType.CLUSTER);
            SharedStore store = new SharedStore(node.vertx(), options, A_SECOND, new KeyNames("test"));
            KeyReplica one = new KeyReplica(node.vertx(), options, store, TestSettings.settings(), KeyReplica.NEVER);
            KeyReplica two = new KeyReplica(node.vertx(), options, store, TestSettings.settings(), KeyReplica.NEVER)
                    .started();
            Await.until(Duration.ofSeconds(10), () -> one.keys().page("", 1).map(page -> true).onFailure()
                    .recoverWithItem(false).await().indefinitely());
            Await.until(Duration.ofSeconds(10), () -> !two.reconnecting());
            Issued issued = create(one, SETTABLE);
            assertThat(two.knows(issued.secret())).isTrue();

            one.keys().change(issued.key().name(), CallersTest::disabled).await().indefinitely();

            Await.until(A_SECOND, () -> !two.knows(issued.secret()));
            assertThat(one.keys().delete(issued.key().name()).await().indefinitely()).isTrue();
            one.close();
            two.close();
        }
    }
}
