package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.question;
import static dev.sluice.cache.Asked.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Money;
import dev.sluice.Reply;
import dev.sluice.config.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Identical requests at the same time, some of which want the answer told as a stream. */
class StreamFlightTest extends TwoReplicas {
    private static final CacheStatus COLLAPSED = new CacheStatus.Collapsed();
    private static final Money COST = Asked.MODEL.cost(Asked.USAGE);

    private final String whole = question("Why " + UUID.randomUUID() + "?");
    private final String streamed = whole.replace("{\"model\"", "{\"stream\":true,\"model\"");
    private final HeldProvider provider = new HeldProvider();

    private CompletableFuture<Reply> ask(Replica replica, String body) {
        return replica.start(exchange(body), provider).subscribeAsCompletionStage();
    }

    private static Ear listen(CompletableFuture<Reply> asked) {
        return new Ear(reply(asked), Long.MAX_VALUE);
    }

    private Told begin() {
        Told told = new Told();
        provider.call(0).ends(told.stream());
        return told;
    }

    private void isWhole(Reply reply) {
        assertThat(text(reply)).contains("\"content\":\"Hello\"");
        assertThat(reply.receipt().cache()).contains(COLLAPSED);
        assertThat(reply.receipt().cost()).isEqualTo(Money.ZERO);
        assertThat(reply.receipt().savedByCache()).isEqualTo(COST);
    }

    @Test
    void whoAsksWhileItRunsHearsItFromItsBeginning() {
        CompletableFuture<Reply> first = ask(one, streamed);
        CompletableFuture<Reply> waiting = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        Ear early = listen(waiting);
        told.tell("Hel");
        Ear late = listen(ask(one, streamed));
        late.hears("Hel");
        assertThat(late.heard()).doesNotContain("lo\"");

        told.tell("lo").finish();

        for (Ear ear : List.of(leader, early, late)) {
            ear.hearsItsEnd();
            assertThat(ear.how.finished()).isTrue();
            assertThat(ear.heard()).containsSubsequence("Hel", "lo", "stop", ": sluice cost-usd=", "[DONE]");
        }
        assertThat(leader.heard()).contains(": sluice cost-usd=" + COST + "\n");
        assertThat(leader.how.receipt().cost()).isEqualTo(COST);
        for (Ear follower : List.of(early, late)) {
            assertThat(follower.head.receipt().cache()).contains(COLLAPSED);
            assertThat(follower.heard()).contains(": sluice cost-usd=0\n").doesNotContain("cost-usd=" + COST);
            assertThat(follower.how.receipt().cost()).isEqualTo(Money.ZERO);
            assertThat(follower.how.receipt().savedByCache()).isEqualTo(COST);
        }
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void whoWantsItWholeWaitsForAllOfIt() {
        CompletableFuture<Reply> first = ask(one, streamed);
        CompletableFuture<Reply> waiting = ask(one, whole);
        CompletableFuture<Reply> elsewhere = ask(other, whole);
        Told told = begin();
        Ear leader = listen(first);
        told.tell("Hel");
        CompletableFuture<Reply> late = ask(one, whole);
        assertThat(late).isNotDone();

        told.tell("lo").finish();

        leader.hearsItsEnd();
        isWhole(reply(waiting));
        isWhole(reply(late));
        isWhole(reply(elsewhere));
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void whoWantsAStreamOfAWholeAnswerGetsOne() {
        CompletableFuture<Reply> first = ask(one, whole);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> here = ask(one, streamed);
        CompletableFuture<Reply> elsewhere = ask(other, streamed);

        call.answers("Hello");

        assertThat(text(reply(first))).contains("Hello");
        for (CompletableFuture<Reply> follower : List.of(here, elsewhere)) {
            Ear ear = listen(follower);
            ear.hearsItsEnd();
            assertThat(ear.heard()).containsSubsequence("Hello", ": sluice cost-usd=0\n", "[DONE]");
        }
        assertThat(here.join().receipt().cache()).contains(COLLAPSED);
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void whoAsksAnotherReplicaForAStreamGetsItWhenItHasBeenTold() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        CompletableFuture<Reply> elsewhere = ask(other, streamed);

        told.tell("Hello").finish();

        leader.hearsItsEnd();
        Ear ear = listen(elsewhere);
        ear.hearsItsEnd();
        assertThat(ear.heard()).containsSubsequence("Hello", ": sluice cost-usd=0\n", "[DONE]");
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void theLeadersClientMayLeaveWhileAnotherListensAndTheLastToLeaveEndsIt() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        told.tell("Hel");
        Ear follower = listen(ask(one, streamed));

        leader.subscription.cancel();

        assertThat(leader.how.abandoned()).isTrue();
        assertThat(provider.call(0).exchange().sharing().abandoned()).isTrue();
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
    void aLeaderThatNobodyFollowsPaysForWhatItHeard() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear leader = listen(first);
        told.tell("Hel");

        leader.subscription.cancel();

        Eventually.until(() -> leader.how != null);
        assertThat(leader.how.abandoned()).isTrue();
        assertThat(leader.how.receipt().cost()).isEqualTo(COST);
        assertThat(provider.call(0).exchange().sharing().abandoned()).isFalse();
    }

    @Test
    void whatWasToldInVainIsToldToAllAndWhoWaitedForAllOfItAsksAnew() {
        CompletableFuture<Reply> first = ask(one, streamed);
        CompletableFuture<Reply> waiting = ask(one, whole);
        Told told = begin();
        Ear leader = listen(first);
        told.tell("Hel");
        Ear follower = listen(ask(one, streamed));

        told.fail();

        leader.hearsItsEnd();
        follower.hearsItsEnd();
        assertThat(follower.heard()).contains("error").doesNotContain("[DONE]");
        assertThat(follower.how.failure()).isPresent();
        provider.call(1).answers("Hello");
        assertThat(text(reply(waiting))).contains("Hello");
        assertThat(waiting.join().receipt().cost()).isEqualTo(COST);
    }

    @Test
    void aSlowListenerHoldsUpNobody() {
        CompletableFuture<Reply> first = ask(one, streamed);
        Told told = begin();
        Ear slow = new Ear(reply(first), 1);
        Ear quick = listen(ask(one, streamed));
        for (int i = 0; i < 50; i++) {
            told.tell("word " + i);
        }
        told.finish();

        quick.hearsItsEnd();
        assertThat(slow.complete).isFalse();
        slow.subscription.request(Long.MAX_VALUE);
        slow.hearsItsEnd();
        assertThat(slow.heard()).containsSubsequence("word 0", "word 1\"", "word 49", "[DONE]");
    }

    @Test
    void whoFallsTooFarBehindIsGivenUpAndNobodyElse() {
        Replica small = new Replica(redis, store, new Settings.Cache(true, Duration.ofHours(2), 10_000, 4_000,
                Settings.Scope.TENANT, Duration.ofMinutes(1), OptionalDouble.empty(), Optional.empty(),
                Optional.empty(), Replica.semantic(Settings.Verify.BALANCED, Settings.IndexKind.SCAN)));
        CompletableFuture<Reply> first = ask(small, streamed);
        Told told = begin();
        Ear slow = new Ear(reply(first), 1);
        Ear quick = listen(ask(small, streamed));
        told.tell("begun");
        slow.hears("begun");
        for (int i = 0; i < 200; i++) {
            told.tell("word " + i);
        }

        slow.hearsItsEnd();
        assertThat(slow.heard()).containsSubsequence("begun", "error", "overloaded").doesNotContain("[DONE]");
        assertThat(slow.how.failure().orElseThrow().status()).isEqualTo(503);
        told.finish();
        quick.hearsItsEnd();
        assertThat(quick.heard()).containsSubsequence("begun", "word 0", "word 1\"", "word 199", "[DONE]");
    }

    @Test
    void aThousandAtOnceOverTwoReplicasAreOneStream() {
        List<CompletableFuture<Ear>> asked = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            Replica replica = i % 2 == 0 ? one : other;
            CompletableFuture<Ear> ear = new CompletableFuture<>();
            redis.vertx().runOnContext(there -> replica.start(exchange(streamed), provider).subscribe()
                    .with(reply -> ear.complete(new Ear(reply, Long.MAX_VALUE)), ear::completeExceptionally));
            asked.add(ear);
        }
        Told told = begin();
        told.tell("Hel").tell("lo").finish();

        List<Ear> ears = asked.stream().map(ear -> ear.orTimeout(20, TimeUnit.SECONDS).join()).toList();

        ears.forEach(Ear::hearsItsEnd);
        assertThat(ears).allSatisfy(
                ear -> assertThat(ear.heard()).containsSubsequence("Hel", "lo", "stop", "cost-usd=", "[DONE]"));
        assertThat(ears).filteredOn(ear -> ear.how.receipt().cost().nanos() > 0).hasSize(1);
        assertThat(provider.calls).hasSize(1);
    }
}
