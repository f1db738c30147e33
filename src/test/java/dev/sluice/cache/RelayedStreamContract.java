package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.question;
import static dev.sluice.cache.Asked.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Money;
import dev.sluice.Reply;
import dev.sluice.config.Secret;
import dev.sluice.config.Settings;
import dev.sluice.redis.SharedStore;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stream that runs on one replica is followed on another while it runs. */
abstract class RelayedStreamContract {
    private static final CacheStatus COLLAPSED = new CacheStatus.Collapsed();
    private static final Money COST = Asked.MODEL.cost(Asked.USAGE);

    private final String whole = question("Why " + UUID.randomUUID() + "?");
    private final String streamed = whole.replace("{\"model\"", "{\"stream\":true,\"model\"");
    private final HeldProvider provider = new HeldProvider();
    private Replica one;
    private Replica other;

    abstract Vertx vertx();

    abstract SharedStore store();

    @BeforeEach
    void replicas() {
        one = replica(1 << 20, "a secret");
        other = replica(1 << 20, "a secret");
    }

    private Replica replica(int maxEntryBytes, String secret) {
        return new Replica(vertx(), store(), new Settings.Cache(true, Duration.ofHours(2), 10_000, maxEntryBytes,
                Settings.Scope.TENANT, Duration.ofMinutes(1), OptionalDouble.empty(),
                Optional.ofNullable(secret).map(Secret::new), Optional.empty(),
                Replica.semantic(Settings.Verify.BALANCED, Settings.IndexKind.SCAN)), false, null);
    }

    private CompletableFuture<Reply> ask(Replica replica, String body) {
        return replica.start(exchange(body), provider).subscribeAsCompletionStage();
    }

    private static Reply reply(CompletableFuture<Reply> asked) {
        return asked.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static Ear listen(CompletableFuture<Reply> asked) {
        return new Ear(reply(asked), Long.MAX_VALUE);
    }

    private Told begin() {
        Told told = new Told();
        provider.call(0).ends(told.stream());
        return told;
    }

    private String leaseAt() {
        Identity identity = Identity.of(exchange(streamed).request(), Asked.MODEL,
                Scope.of(Settings.Scope.TENANT, exchange(streamed).caller()));
        return one.entries.key(identity);
    }

    private Lease lease() {
        Response found = one.await(store().call(Command.GET, leaseAt()));
        return found == null ? null : Lease.read(leaseAt(), found.toBytes());
    }

    private String piecesAt(Lease lease) {
        return leaseAt() + ":told:" + lease.replica() + ":" + lease.number();
    }

    @Test
    void whoAsksAnotherReplicaHearsItFromItsBeginningAndThenLive() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        told.tell("Hel");

        Ear follower = listen(ask(other, streamed));
        follower.hears("Hel");
        assertThat(follower.heard()).doesNotContain("lo\"");
        assertThat(follower.head.receipt().cache()).contains(COLLAPSED);
        assertThat(follower.head.receipt().attempts()).isZero();
        told.tell("lo");
        follower.hears("lo\"");
        Ear late = listen(ask(other, streamed));
        late.hears("lo\"");
        assertThat(follower.complete).isFalse();
        for (int i = 0; i < 50; i++) {
            told.tell("word " + i);
        }
        told.finish();

        for (Ear ear : List.of(leader, follower, late)) {
            ear.hearsItsEnd();
            assertThat(ear.how.finished()).isTrue();
            assertThat(ear.heard()).containsSubsequence("Hel", "lo", "word 0", "word 1\"", "word 2\"", "word 49",
                    "stop", ": sluice cost-usd=", "[DONE]").containsOnlyOnce("[DONE]").containsOnlyOnce("Hel");
        }
        for (Ear ear : List.of(follower, late)) {
            assertThat(ear.heard()).contains(": sluice cost-usd=0\n");
            assertThat(ear.how.receipt().cost()).isEqualTo(Money.ZERO);
            assertThat(ear.how.receipt().savedByCache()).isEqualTo(COST);
            assertThat(ear.how.receipt().usage()).isEqualTo(Asked.USAGE);
            assertThat(ear.how.receipt().attempts()).isZero();
        }
        assertThat(leader.how.receipt().cost()).isEqualTo(COST);
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void whatNobodyFollowsElsewhereIsNotWrittenToRedis() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        Ear here = listen(ask(one, streamed));
        CompletableFuture<Reply> all = ask(other, whole);
        Eventually.until(() -> one.await(one.leases.isWaitedFor(leaseAt())));
        told.tell("Hello");
        here.hears("Hello");
        Lease lease = lease();

        assertThat(one.await(store().call(Command.EXISTS, piecesAt(lease))).toInteger()).isZero();
        told.finish();
        leader.hearsItsEnd();
        assertThat(text(reply(all))).contains("Hello");
        assertThat(one.await(store().call(Command.EXISTS, piecesAt(lease))).toInteger()).isZero();
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void whatIsWrittenExpires() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        listen(first);
        told.tell("Hel");
        listen(ask(other, streamed)).hears("Hel");

        assertThat(one.await(store().call(Command.PTTL, piecesAt(lease()))).toLong())
                .isBetween(1L, Relay.KEPT.toMillis());
        told.finish();
    }

    @Test
    void whoAsksForOtherOptionsOrForAllOfItGetsThatThere() {
        String asking = streamed.replace("\"stream\":true",
                "\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        listen(first);
        told.tell("Hello");
        Ear follower = listen(ask(other, asking));
        Ear plain = listen(ask(replica(1 << 20, "a secret"), streamed));
        CompletableFuture<Reply> all = ask(other, whole);
        follower.hears("Hello");
        told.emit("{\"id\":\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":50}}");
        told.finish();

        follower.hearsItsEnd();
        plain.hearsItsEnd();
        assertThat(follower.visible()).contains("prompt_tokens");
        assertThat(plain.visible()).doesNotContain("prompt_tokens").contains("Hello", "[DONE]");
        assertThat(text(reply(all))).contains("Hello");
        assertThat(all.join().receipt().cost()).isEqualTo(Money.ZERO);
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void theLeadersClientMayLeaveWhileAnotherReplicasListensAndTheLastToLeaveEndsIt() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        told.tell("Hel");
        Ear follower = listen(ask(other, streamed));
        follower.hears("Hel");

        leader.subscription.cancel();

        Eventually.until(() -> leader.how != null);
        assertThat(leader.how.abandoned()).isTrue();
        told.tell("lo");
        follower.hears("lo\"");
        assertThat(told.how).isNull();

        follower.subscription.cancel();

        Eventually.until(() -> told.how != null);
        assertThat(told.how.abandoned()).isTrue();
        assertThat(follower.how.abandoned()).isTrue();
        assertThat(follower.how.receipt().cost()).isEqualTo(Money.ZERO);
    }

    @Test
    void aFollowerThatLeavesDoesNotStopTheLeader() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        told.tell("Hel");
        Ear follower = listen(ask(other, streamed));
        follower.hears("Hel");

        follower.subscription.cancel();
        Eventually.until(() -> follower.how != null);
        told.tell("lo").finish();

        leader.hearsItsEnd();
        assertThat(leader.heard()).containsSubsequence("Hel", "lo", "[DONE]");
    }

    @Test
    void whatBreaksOffEndsWithAnErrorForWhoHasHeardSomeOfItAndIsAskedAnewByWhoHasNot() {
        CompletableFuture<Reply> first = ask(one, streamed);
        CompletableFuture<Reply> all = ask(other, whole);
        Told told = begin();
        Ear leader = listen(first);
        told.tell("Hel");
        Ear follower = listen(ask(replica(1 << 20, "a secret"), streamed));
        follower.hears("Hel");

        told.fail();

        leader.hearsItsEnd();
        follower.hearsItsEnd();
        assertThat(follower.heard()).containsSubsequence("Hel", ": sluice cost-usd=0\n", "\"error\"", "Broken.")
                .doesNotContain("[DONE]");
        assertThat(follower.how.failure().orElseThrow().status()).isEqualTo(502);
        provider.call(1).answers("Hello");
        assertThat(text(reply(all))).contains("Hello");
        assertThat(all.join().receipt().cost()).isEqualTo(COST);
    }

    @Test
    void whatBrokeOffBeforeAnybodyElseHeardOfItIsAskedAnew() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        CompletableFuture<Reply> waiting = ask(other, streamed);
        Eventually.until(() -> one.await(one.leases.isWaitedFor(leaseAt())));

        told.fail();

        leader.hearsItsEnd();
        Told second = new Told();
        provider.call(1).ends(second.stream());
        Ear ear = listen(waiting);
        second.tell("Hello").finish();
        ear.hearsItsEnd();
        assertThat(ear.heard()).containsSubsequence("Hello", "[DONE]").doesNotContain("error");
        assertThat(ear.how.receipt().cost()).isEqualTo(COST);
    }

    @Test
    void aLeaderThatDiesLeavesAnErrorToWhoHasHeardSomeOfIt() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        listen(first);
        told.tell("Hel");
        Ear follower = listen(ask(other, streamed));
        follower.hears("Hel");

        one.await(store().call(Command.DEL, leaseAt()));

        follower.hearsItsEnd();
        assertThat(follower.heard()).containsSubsequence("Hel", ": sluice cost-usd=0\n", "\"error\"")
                .doesNotContain("[DONE]");
        assertThat(follower.how.failure().orElseThrow().status()).isEqualTo(502);
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void whoReadsSlowlyHearsAllOfIt() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        told.tell("Hel");
        Ear slow = new Ear(reply(ask(other, streamed)), 1);
        slow.hears("Hel");
        for (int i = 0; i < 50; i++) {
            told.tell("word " + i);
        }
        told.finish();
        leader.hearsItsEnd();

        assertThat(slow.complete).isFalse();
        slow.subscription.request(Long.MAX_VALUE);
        slow.hearsItsEnd();
        assertThat(slow.heard()).containsSubsequence("Hel", "word 0", "word 1\"", "word 49", "[DONE]");
    }

    @Test
    void whatGrowsTooLongIsBoundedInRedisAndHeardToItsEndByWhoKeepsUp() {
        Replica leading = replica(4_000, "a secret");
        Replica following = replica(4_000, "a secret");
        CompletableFuture<Reply> first = ask(leading, streamed);
        Told told = begin();
        listen(first);
        told.tell("Hel");
        Ear follower = listen(ask(following, streamed));
        follower.hears("Hel");
        String pieces = piecesAt(lease());

        for (int i = 0; i < 200; i++) {
            told.tell("word " + i);
            if (i % 20 == 19) {
                follower.hears("word " + i + "\"");
            }
        }

        long bytes = 0;
        for (Response piece : one.await(store().call(Command.XRANGE, pieces, "-", "+"))) {
            bytes += piece.get(1).get(1).toBytes().length;
        }
        assertThat(bytes).isBetween(1L, 4_000L);
        CompletableFuture<Reply> late = ask(replica(4_000, "a secret"), streamed);
        told.finish();
        follower.hearsItsEnd();
        assertThat(follower.heard()).containsSubsequence("Hel", "word 0", "word 1\"", "word 199", "[DONE]");
        provider.call(1).ends(new Told().stream());
        reply(late);
    }

    @Test
    void piecesThatAreNotOursOrOfAnotherTimeAreNotServed() {
        Lease foreign = Lease.of(leaseAt(), "foreign", 1, "");
        long now = one.await(relay("a secret").now());
        long later = now + 1_000_000_000;
        for (Map.Entry<Relay, Long> forger : List.of(Map.entry(relay("another secret"), later),
                Map.entry(relay(null), later), Map.entry(relay("a secret"), now))) {
            Relay relay = forger.getKey();
            one.await(store().call(Command.SET, leaseAt(), foreign.value()));
            Scope scope = Scope.of(Settings.Scope.TENANT, exchange(streamed).caller());
            Identity identity = Identity.of(exchange(streamed).request(), Asked.MODEL, scope);
            Piece forged = new Piece(1, Optional.of(new Piece.Head("m", "text/event-stream", forger.getValue())),
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"forged\"}}]}\n\n".getBytes(),
                    Optional.empty());
            one.await(store().call(Command.DEL, piecesAt(foreign)));
            one.await(relay.tell(foreign, 1, relay.encode(forged, foreign, identity, scope), 1));
            int before = provider.calls.size();
            CompletableFuture<Reply> asked = ask(other, streamed);
            Eventually.until(() -> one.await(store().call(Command.EXISTS, followersOf(foreign))).toInteger() > 0);
            one.await(store().call(Command.DEL, followersOf(foreign), leaseAt()));

            Told told = new Told();
            provider.call(before).ends(told.stream());
            Ear ear = listen(asked);
            told.fail();
            ear.hearsItsEnd();
            assertThat(ear.heard()).doesNotContain("forged");
        }
    }

    private Relay relay(String secret) {
        return new Relay(store(), one.leases, one.purges, vertx(), settings(secret));
    }

    private String followersOf(Lease lease) {
        return store().keys().global("followers:" + lease.replica());
    }

    private static Settings.Cache settings(String secret) {
        return new Settings.Cache(true, Duration.ofHours(2), 10_000, 1 << 20, Settings.Scope.TENANT,
                Duration.ofMinutes(1), OptionalDouble.empty(), Optional.ofNullable(secret).map(Secret::new),
                Optional.empty(), Replica.semantic(Settings.Verify.BALANCED, Settings.IndexKind.SCAN));
    }

    @Test
    void manyStreamsAtOnceAreEachTheirOwn() {
        List<Ear> ears = new ArrayList<>();
        List<Told> told = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String body = streamed.replace("Why", "Why " + i);
            CompletableFuture<Reply> first = ask(i % 2 == 0 ? one : other, body);
            Told mine = new Told();
            provider.call(i).ends(mine.stream());
            listen(first);
            mine.tell("begun " + i + ".");
            told.add(mine);
        }
        for (int i = 0; i < 20; i++) {
            ears.add(listen(ask(i % 2 == 0 ? other : one, streamed.replace("Why", "Why " + i))));
        }
        told.forEach(mine -> mine.tell("going on"));
        told.forEach(Told::finish);

        for (int i = 0; i < 20; i++) {
            ears.get(i).hearsItsEnd();
            assertThat(ears.get(i).heard()).containsSubsequence("begun " + i + ".", "going on", "stop",
                    "cost-usd=0\n", "[DONE]");
        }
        assertThat(provider.calls).hasSize(20);
    }
}
