package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.question;
import static dev.sluice.cache.Asked.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Route;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.config.Settings;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Identical requests at the same time, on one replica and on two. */
class SingleFlightTest extends TwoReplicas {
    private static final CacheStatus COLLAPSED = new CacheStatus.Collapsed();
    private static final CacheStatus STORED = new CacheStatus.Miss(true);

    /** Of each test its own: what one test lets store may come late. */
    private final String why = question("Why " + UUID.randomUUID() + "?");
    private final HeldProvider provider = new HeldProvider();

    /** Counts that come late are not to be those of the next test. */
    @AfterEach
    void count() {
        one.await(one.journal.flushAll());
        other.await(other.journal.flushAll());
    }

    private CompletableFuture<Reply> ask(Replica replica) {
        return ask(replica, exchange(why));
    }

    private CompletableFuture<Reply> ask(Replica replica, Exchange exchange) {
        return replica.start(exchange, provider).subscribeAsCompletionStage();
    }

    private static CacheStatus status(Reply reply) {
        return reply.receipt().cache().orElseThrow();
    }

    private void isCollapsed(Reply reply, String text) {
        assertThat(text(reply)).contains(text);
        assertThat(status(reply)).isEqualTo(COLLAPSED);
        assertThat(reply.receipt().cost()).isEqualTo(Money.ZERO);
        assertThat(reply.receipt().attempts()).isZero();
        assertThat(reply.receipt().savedByCache()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
    }

    @Test
    void whoIsAboutToBeRefusedTakesNoLeaseButWaitsForWhoHasOne() {
        Exchange exchange = exchange(why);
        other.refused.add(exchange.caller());
        CompletableFuture<Reply> alone = ask(other, exchange);
        provider.call(0);
        assertThat(keysOfEntries()).isEmpty();
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call led = provider.call(1);
        assertThat(keysOfEntries()).hasSize(1);
        provider.call(0).answers("nobody's");
        reply(alone);

        led.answers("the one");
        reply(leader);
        Eventually.until(() -> status(reply(ask(other, exchange))) instanceof CacheStatus.ExactHit);
    }

    private List<String> keysOfEntries() {
        List<String> keys = new ArrayList<>();
        one.await(store.call(Command.KEYS, "*{c:*")).forEach(key -> keys.add(key.toString()));
        return keys;
    }

    @Test
    void whoAsksTheSameOnThisReplicaSharesTheAnswerAndPaysNothing() {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        List<CompletableFuture<Reply>> followers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            followers.add(ask(one, exchange(i % 2 == 0 ? why : " " + why)));
        }

        call.answers("the one");

        assertThat(status(reply(leader))).isEqualTo(STORED);
        assertThat(leader.join().receipt().cost()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
        followers.forEach(follower -> isCollapsed(reply(follower), "the one"));
        assertThat(provider.calls).hasSize(1);
        assertThat(one.await(one.administration.figures())).satisfies(figures -> {
            assertThat(figures.coalesced()).isEqualTo(50);
            assertThat(figures.misses()).isEqualTo(1);
            assertThat(figures.saved().nanos()).isEqualTo(50 * Asked.MODEL.cost(Asked.USAGE).nanos());
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true})
    void whoAsksTheSameOnAnotherReplicaWaitsForIt(boolean oldRedis) {
        one = new Replica(redis, store, Replica.settings(), oldRedis);
        other = new Replica(redis, store, Replica.settings(), oldRedis);
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        List<CompletableFuture<Reply>> elsewhere = List.of(ask(other), ask(other), ask(other));
        Eventually.until(() -> one.await(one.leases.isWaitedFor(key())));

        call.answers("the one");

        assertThat(status(reply(leader))).isEqualTo(STORED);
        elsewhere.forEach(follower -> isCollapsed(reply(follower), "the one"));
        assertThat(provider.calls).hasSize(1);
        assertThat(other.await(other.administration.figures()).coalesced()).isEqualTo(3);
    }

    private String key() {
        return CacheKeys.entry(store.keys(), identity().value());
    }

    private Identity identity() {
        return Identity.of(Asked.request(why), Asked.MODEL, new Scope(Settings.Scope.TENANT, "tenant", ""));
    }

    @Test
    void anImmediateRepeatIsNotPaidAgain() {
        for (int i = 0; i < 20; i++) {
            String body = question(i + " " + UUID.randomUUID());
            CompletableFuture<Reply> first = ask(one, exchange(body));
            provider.call(i).answers("the one");
            reply(first);

            assertThat(reply(ask(i % 2 == 0 ? one : other, exchange(body))).receipt().attempts()).isZero();
        }
        assertThat(provider.calls).hasSize(20);
    }

    @Test
    void onlyWhoMayShareAnAnswerSharesAFlight() {
        ask(one);
        provider.call(0);

        ask(one, exchange(why, Asked.MODEL, "another tenant", "key", CacheWish.DEFAULT));
        ask(one, exchange(why.replace("Why", "why")));

        provider.call(2);
        assertThat(provider.calls).hasSize(3);
    }

    @Test
    void whoOptsOutNeitherLeadsNorFollows() {
        List<CacheWish> wishes = List.of(wish(true, false, OptionalLong.empty()),
                wish(false, true, OptionalLong.empty()), wish(true, true, OptionalLong.empty()),
                wish(false, false, OptionalLong.of(0)),
                new CacheWish(Lookup.OFF, false, false, OptionalLong.empty(), false));
        for (CacheWish wish : wishes) {
            ask(one, exchange(why, wish));
            ask(one, exchange(why, wish));
            ask(other, exchange(why, wish));
        }
        provider.call(3 * wishes.size() - 1);

        CompletableFuture<Reply> plain = ask(one);
        provider.call(3 * wishes.size()).answers("of its own");
        assertThat(status(reply(plain))).isEqualTo(STORED);
    }

    private static CacheWish wish(boolean noCache, boolean noStore, OptionalLong maxAge) {
        return new CacheWish(Lookup.SEMANTIC, noCache, noStore, maxAge, false);
    }

    @Test
    void aRefusalIsTheLeadersOwnAndAnotherTakesOver() {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> sameKey = ask(one);
        CompletableFuture<Reply> another = ask(one, exchange(why, Asked.MODEL, "tenant", "k2", CacheWish.DEFAULT));
        CompletableFuture<Reply> third = ask(one, exchange(why, Asked.MODEL, "tenant", "k3", CacheWish.DEFAULT));

        call.ends(refusal());

        assertThat(reply(leader)).isInstanceOf(Refusal.class);
        provider.call(2);
        HeldProvider.Call alone = provider.calls.stream().skip(1).filter(c -> c.exchange().caller().key().equals("key"))
                .findFirst().orElseThrow();
        alone.ends(refusal());
        assertThat(reply(sameKey)).isInstanceOf(Refusal.class);
        HeldProvider.Call taken = provider.calls.stream().filter(c -> c.exchange().caller().key().equals("k2"))
                .findFirst()
                .orElseThrow();
        taken.answers("the other's");
        assertThat(status(reply(another))).isEqualTo(STORED);
        isCollapsed(reply(third), "the other's");
        assertThat(provider.calls).hasSize(3);
    }

    @Test
    void aRefusedLeaderHandsOverToAnotherReplica() {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> elsewhere = ask(other);
        Eventually.until(() -> one.await(one.leases.isWaitedFor(key())));

        call.ends(refusal());

        assertThat(reply(leader)).isInstanceOf(Refusal.class);
        provider.call(1).answers("elsewhere");
        assertThat(status(reply(elsewhere))).isEqualTo(STORED);
    }

    private static Refusal refusal() {
        return Refusal.of(429, "rate_limit_error", "rate_limit_exceeded", "Too many.");
    }

    @Test
    void errorsAreNotSharedAndAfterTwoOfThemEverybodyGoesAlone() {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        List<CompletableFuture<Reply>> followers = List.of(ask(one), ask(one), ask(one), ask(one));

        call.ends(failed());
        assertThat(reply(leader)).isInstanceOf(Refusal.class);
        provider.call(1);
        assertThat(provider.calls).hasSize(2);
        provider.call(1).ends(Asked.answer(400, Asked.body("stop", "no"),
                Receipt.servedBy(Asked.MODEL, 1, Asked.USAGE, 1)));

        for (int i = 2; i < 5; i++) {
            provider.call(i).answers("own " + i);
        }
        List<Reply> replies = followers.stream().map(SingleFlightTest::reply).toList();
        assertThat(replies).filteredOn(reply -> ((Answer) reply).status() == 400).hasSize(1);
        assertThat(replies).filteredOn(reply -> ((Answer) reply).ok()).hasSize(3)
                .allSatisfy(reply -> assertThat(status(reply)).isInstanceOf(CacheStatus.Miss.class));
        assertThat(provider.calls).hasSize(5);
    }

    private static Refusal failed() {
        return Refusal.of(502, "upstream_error", "upstream_error", "Broken.").with(Receipt.failed(1, true, 1));
    }

    @Test
    void aDefectIsTheLeadersOwn() {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> follower = ask(one);

        call.emitter().fail(new IllegalStateException("a defect"));

        assertThat(leader.handle((reply, defect) -> defect).join()).isInstanceOf(IllegalStateException.class);
        provider.call(1).answers("well");
        assertThat(status(reply(follower))).isEqualTo(STORED);
    }

    @ParameterizedTest
    @ValueSource(strings = { "content_filter", "error"})
    void whatMayNotBeKeptIsNotShared(String finishReason) {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> follower = ask(one);

        call.ends(Asked.answer(200, Asked.body(finishReason, "odd"),
                Receipt.servedBy(Asked.MODEL, 1, Asked.USAGE, 1)));

        assertThat(text(reply(leader))).contains("odd");
        provider.call(1).answers("own");
        assertThat(text(reply(follower))).contains("own");
    }

    @Test
    void aFallbacksAnswerIsSharedWithWhoMayFallBackOnIt() {
        Model fallback = new Model("fallback", "p2", "f", Optional.of(Asked.PRICE), 0, 0, List.of());
        Exchange may = exchange(why);
        may = may.with(new Route(Asked.MODEL, Optional.empty(), List.of(fallback), Optional.empty(), List.of()));
        CompletableFuture<Reply> leader = ask(one, may);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> follows = ask(one, may);
        CompletableFuture<Reply> mayNot = ask(one);

        call.answers(fallback, "by the fallback");

        assertThat(text(reply(leader))).contains("by the fallback");
        assertThat(reply(follows).receipt().model()).contains(fallback);
        assertThat(status(follows.join())).isEqualTo(COLLAPSED);
        provider.call(1).answers("own");
        assertThat(text(reply(mayNot))).contains("own");
    }

    @Test
    void followersThatLeaveDoNotStopTheLeader() {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        ask(one).cancel(true);
        CompletableFuture<Reply> elsewhere = ask(other);
        Eventually.until(() -> one.await(one.leases.isWaitedFor(key())));
        elsewhere.cancel(true);

        call.answers("still here");

        assertThat(text(reply(leader))).contains("still here");
        assertThat(provider.cancelled).hasValue(0);
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void theLeadersClientMayLeaveWhileOthersWaitHere() {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> follower = ask(one);

        leader.cancel(true);

        assertThat(call.exchange().sharing().abandoned()).isTrue();
        call.answers("for the other");
        isCollapsed(reply(follower), "for the other");
        assertThat(provider.cancelled).hasValue(0);
        Eventually.until(() -> Asked.isHit(other.ask(exchange(why), provider)));
    }

    @Test
    void theLeadersClientMayLeaveWhileOthersWaitElsewhere() {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> elsewhere = ask(other);
        Eventually.until(() -> one.await(one.leases.isWaitedFor(key())));

        leader.cancel(true);

        assertThat(one.await(one.leases.isWaitedFor(key()))).isTrue();
        assertThat(provider.cancelled).hasValue(0);
        call.answers("for elsewhere");
        isCollapsed(reply(elsewhere), "for elsewhere");
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void aCallThatNobodyWaitsForIsEndedAndItsLeaseReleased() {
        CompletableFuture<Reply> leader = ask(one);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> follower = ask(one);
        follower.cancel(true);
        assertThat(provider.cancelled).hasValue(0);

        leader.cancel(true);

        Eventually.until(() -> provider.cancelled.get() == 1);
        assertThat(call.exchange().sharing().abandoned()).isTrue();
        CompletableFuture<Reply> next = ask(other);
        provider.call(1).answers("anew");
        assertThat(text(reply(next))).contains("anew");
    }

    @Test
    void aLeaderThatDiesIsSucceededWhenItsLeaseExpires() {
        Lease ofTheDead = Lease.of(key(), "dead", 1, "");
        one.await(store.call(Command.SET, key(), ofTheDead.value(), "PX", "700"));
        long before = System.nanoTime();

        CompletableFuture<Reply> follower = ask(one);

        provider.call(0).answers("alive");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofMillis(500));
        assertThat(status(reply(follower))).isEqualTo(STORED);
    }

    @Test
    void aLeaseIsRenewedWhileTheCallRuns() {
        ask(one);
        provider.call(0);
        one.await(store.call(Command.PEXPIRE, key(), "3500"));

        Eventually.until(() -> one.await(store.call(Command.PTTL, key())).toLong() > 4000);
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void waitingIsBoundedHereAndElsewhere() {
        Settings.Cache impatient = Replica.settings(Settings.Scope.TENANT, 10, Duration.ofHours(1),
                Duration.ofMillis(300));
        one = new Replica(redis, store, impatient);
        other = new Replica(redis, store, impatient);
        CompletableFuture<Reply> leader = ask(one);
        provider.call(0);
        CompletableFuture<Reply> here = ask(one);
        CompletableFuture<Reply> elsewhere = ask(other);

        provider.call(2);
        provider.calls.get(1).answers("own");
        provider.calls.get(2).answers("own");

        assertThat(status(reply(here))).isInstanceOf(CacheStatus.Miss.class);
        assertThat(status(reply(elsewhere))).isInstanceOf(CacheStatus.Miss.class);
        provider.calls.get(0).answers("late");
        assertThat(text(reply(leader))).contains("late");
    }

    @Test
    void aRedisThatTakesNothingMoreStillAnswers() {
        one.askAndKeep(exchange(why), new Asked.Provider());
        one.await(store.call(Command.CONFIG, "SET", "maxmemory", "1"));
        try {
            assertThat(Asked.isHit(one.ask(exchange(why), provider))).isTrue();
            assertThat(Asked.isHit(other.ask(exchange(why), provider))).isTrue();
            CompletableFuture<Reply> unknown = ask(one, exchange(question("Who?")));
            provider.call(0).answers("not kept");
            assertThat(text(reply(unknown))).contains("not kept");
        } finally {
            one.await(store.call(Command.CONFIG, "SET", "maxmemory", "0"));
        }
    }

    @Test
    void zeroWaitingTurnsItOff() {
        one = new Replica(redis, store, Replica.settings(Settings.Scope.TENANT, 10, Duration.ofHours(1),
                Duration.ZERO));
        ask(one);
        ask(one);
        provider.call(1);
        assertThat(one.await(store.call(Command.EXISTS, key())).toLong()).isZero();
    }

    @Test
    void aThousandAtOnceOverTwoReplicasAreOneCall() {
        List<CompletableFuture<Reply>> asked = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            Replica replica = i % 2 == 0 ? one : other;
            CompletableFuture<Reply> reply = new CompletableFuture<>();
            redis.vertx().runOnContext(there -> replica.start(exchange(why), provider).subscribe()
                    .with(reply::complete, reply::completeExceptionally));
            asked.add(reply);
        }
        provider.call(0).answers("the one");

        List<Reply> replies = asked.stream().map(SingleFlightTest::reply).toList();

        assertThat(replies).allSatisfy(reply -> assertThat(text(reply)).contains("the one"));
        assertThat(replies).filteredOn(reply -> reply.receipt().cost().nanos() > 0).hasSize(1);
        assertThat(provider.calls).hasSize(1);
    }
}
