package dev.sluice.limit;

import static dev.sluice.limit.World.CHEAP;
import static dev.sluice.limit.World.GPT;
import static dev.sluice.limit.World.MODEL;
import static dev.sluice.limit.World.PRICE;
import static dev.sluice.limit.World.answer;
import static dev.sluice.limit.World.answering;
import static dev.sluice.limit.World.calling;
import static dev.sluice.limit.World.refused;
import static dev.sluice.limit.World.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Exchange;
import dev.sluice.Money;
import dev.sluice.Quota;
import dev.sluice.RateLimits.Bucket;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Route;
import dev.sluice.Sharing;
import dev.sluice.Stage.Next;
import dev.sluice.Usage;
import dev.sluice.redis.TestRedis;
import io.micrometer.core.instrument.Counter;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LimitStageTest {
    private static final Usage USAGE = new Usage(10, 4, 7);
    private static final Money COST = PRICE.cost(USAGE);
    /** What {@link World#exchange(Caller)} may use: five letters, a role, a message; a hundred tokens of answer. */
    private static final long BOUND_NANOS = 15 * 8_000 + 100 * 24_000;
    private static final Quota RATES = new Quota(60, 10_000, 10, Money.ZERO, Money.ZERO);

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
    void ofTwoHundredAtOnceExactlyTheBurstPasses() {
        World world = World.on(redis);
        Caller caller = world.caller("k", new Quota(1, 0, 10, Money.ZERO, Money.ZERO));

        List<Uni<Reply>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(world.stage.apply(world.exchange(caller), answering(USAGE)));
        }
        List<Reply> replies = Uni.join().all(all).andFailFast().await().atMost(Duration.ofSeconds(20));

        assertThat(replies).filteredOn(reply -> reply instanceof Answer).hasSize(10);
        assertThat(replies).filteredOn(reply -> reply instanceof Refusal).hasSize(190)
                .allSatisfy(reply -> {
                    assertThat(refused(reply).status()).isEqualTo(429);
                    assertThat(refused(reply).code()).contains("rate_limit_exceeded");
                    assertThat(refused(reply).retryAfterSeconds().orElse(0)).isBetween(40L, 60L);
                });
    }

    @Test
    void whatWasReallyUsedIsSettledAndWrittenIntoTheUsage() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(10_000_000), Money.ZERO));

        Reply reply = world.serve(world.exchange(caller), answering(USAGE));

        assertThat(reply.receipt().booked()).isTrue();
        assertThat(reply.receipt().cost()).isEqualTo(COST);
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(COST.nanos());
        assertThat(world.scope("tenant").path("monthSpent").asLong()).isEqualTo(COST.nanos());
        assertThat(world.usage()).isEqualTo(Map.of("k|dear|requests", 1L, "k|dear|input_tokens", 10L,
                "k|dear|cached_input_tokens", 4L, "k|dear|output_tokens", 7L, "k|dear|cost_nanos", COST.nanos()));
    }

    @Test
    void whatRoutingSavedIsWrittenByTheFormulaOfTheRoute() {
        World world = World.on(redis);
        Caller caller = world.caller("k", RATES);
        Exchange routed = World.exchange(caller, CHEAP, request("hello", 100)).with(
                new Route(CHEAP, Optional.of("default"), List.of(), Optional.of(MODEL), List.of()));

        world.serve(routed, answering(USAGE));

        world.awaitSettled(caller);
        assertThat(world.usage("k", CHEAP, "saved_routing_nanos"))
                .isEqualTo(COST.nanos() - CHEAP.cost(USAGE).nanos()).isPositive();
    }

    @Test
    void theHeadersTellTheRatesAfterTheUnusedShareCameBack() {
        World world = World.on(redis);

        Reply reply = world.serve(world.exchange(world.caller("k", RATES)), answering(USAGE));

        Bucket requests = reply.receipt().rateLimits().orElseThrow().requests().orElseThrow();
        Bucket tokens = reply.receipt().rateLimits().orElseThrow().tokens().orElseThrow();
        assertThat(requests.limit()).isEqualTo(60);
        assertThat(requests.remaining()).isBetween(9L, 10L);
        assertThat(requests.resetMillis()).isBetween(0L, 1000L);
        assertThat(tokens.limit()).isEqualTo(10_000);
        assertThat(tokens.remaining()).isBetween(10_000L - 17, 10_000L);
        assertThat(tokens.resetMillis()).isBetween(0L, 102L);
    }

    @Test
    void aRequestLargerThanTheBucketIsRefusedAtOnceAndForGood() {
        World world = World.on(redis);
        Caller caller = world.caller("k", RATES);

        Refusal refusal = refused(
                world.serve(World.exchange(caller, MODEL, request("hello", 10_000)), answering(USAGE)));

        assertThat(refusal.status()).isEqualTo(429);
        assertThat(refusal.code()).contains("insufficient_quota");
        assertThat(refusal.retryAfterSeconds()).isEmpty();
    }

    @Test
    void anExhaustedBudgetIsNoReasonToWait() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(Money.ZERO, new Money(BOUND_NANOS + COST.nanos() - 1)));
        Next next = answering(USAGE);

        assertThat(world.serve(world.exchange(caller), next)).isInstanceOf(Answer.class);
        world.awaitSettled(caller);
        Refusal refusal = refused(world.serve(world.exchange(caller), next));

        assertThat(refusal.code()).contains("insufficient_quota");
        assertThat(refusal.message()).contains("key").contains("month");
        assertThat(refusal.retryAfterSeconds()).isEmpty();
        assertThat(world.count("key", "month")).isEqualTo(1);
    }

    @Test
    void theBudgetOfTheTenantHoldsForAllItsKeys() {
        World world = new World(redis, tenant -> World.settings(Map.of(tenant,
                World.tenant(tenant, "UTC", new Money(BOUND_NANOS + 1), Money.ZERO))));
        Caller one = world.caller("one", Quota.UNLIMITED);
        Caller other = world.caller("other", Quota.UNLIMITED);

        world.serve(world.exchange(one), answering(USAGE));
        world.awaitSettled(one);
        Refusal refusal = refused(world.serve(world.exchange(other), answering(USAGE)));

        assertThat(refusal.message()).contains("tenant").contains("today");
        assertThat(world.scope("key:other").path("held").asLong()).isZero();
    }

    @Test
    void whatOneScopeRefusesIsTakenFromNone() {
        World world = World.on(redis);
        Caller caller = world.caller("k", new Quota(60, 100_000, 10, new Money(1), Money.ZERO));

        Refusal refusal = refused(world.serve(world.exchange(caller), answering(USAGE)));

        assertThat(refusal.code()).contains("insufficient_quota");
        assertThat(refusal.receipt().rateLimits().orElseThrow().requests().orElseThrow().remaining()).isEqualTo(10);
        assertThat(refusal.receipt().rateLimits().orElseThrow().tokens().orElseThrow().remaining()).isEqualTo(100_000);
    }

    @Test
    void aClampedKeyGetsAsManyTokensAsAreLeft() {
        World world = World.on(redis);
        Caller clamped = world.caller("k", World.budget(new Money(15 * 8_000 + 20 * 24_000 + 1), Money.ZERO), true);
        AtomicLong bound = new AtomicLong();

        Reply reply = world.serve(world.exchange(clamped), calling(exchange -> {
            bound.set(exchange.reservation().outputBound());
            return answer(MODEL, 1, USAGE);
        }));

        assertThat(reply).isInstanceOf(Answer.class);
        assertThat(bound).hasValue(20);
        assertThat(world.count("key", "clamped")).isEqualTo(1);
    }

    @Test
    void aClampedKeyIsRefusedWhenNotASingleTokenIsLeft() {
        World world = World.on(redis);
        Caller clamped = world.caller("k", World.budget(new Money(15 * 8_000 + 23_999), Money.ZERO), true);

        assertThat(refused(world.serve(world.exchange(clamped), answering(USAGE))).code())
                .contains("insufficient_quota");
    }

    @Test
    void whoSetsNoBoundGetsTheDefaultOneSentAlongWhereALimitDemandsIt() {
        World world = World.on(redis);
        AtomicLong bound = new AtomicLong();
        Next next = calling(exchange -> {
            bound.set(exchange.reservation().outputBound());
            return answer(MODEL, 1, USAGE);
        });

        world.serve(World.exchange(world.caller("tokens", RATES), MODEL, request("hello", 0)), next);
        assertThat(bound).hasValue(2048);

        world.serve(World.exchange(world.caller("tokens", RATES), MODEL, request("hello", 5)), next);
        assertThat(bound).as("the client's own").hasValue(0);

        Caller requestsOnly = world.caller("requests", new Quota(60, 0, 10, Money.ZERO, Money.ZERO));
        world.serve(World.exchange(requestsOnly, MODEL, request("hello", 0)), next);
        assertThat(bound).as("tokens are not limited").hasValue(0);
    }

    @Test
    void aModelWithoutAPriceIsNotForKeysWithABudget() {
        World world = World.on(redis);
        Caller budget = world.caller("k", World.budget(new Money(1_000_000_000), Money.ZERO));

        Refusal refusal = refused(
                world.serve(World.exchange(budget, World.PRICELESS, request("hello", 5)), answering(USAGE)));

        assertThat(refusal.status()).isEqualTo(403);
        assertThat(refusal.type()).isEqualTo("permission_error");
        assertThat(refusal.message()).contains("priceless");
        assertThat(world.serve(World.exchange(world.caller("free", RATES), World.PRICELESS, request("hello", 5)),
                answering(USAGE))).isInstanceOf(Answer.class);
    }

    @Test
    void whatWasNeverSentIsGivenBackWhole() {
        World world = World.on(redis);
        Caller caller = world.caller("k", new Quota(1, 10_000, 1, new Money(BOUND_NANOS), Money.ZERO));
        Refusal open = Refusal.of(503, "server_error", "circuit_open", "The provider is left alone.");

        Reply reply = world.serve(world.exchange(caller), calling(exchange -> open));

        assertThat(refused(reply).code()).contains("circuit_open");
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isZero();
        assertThat(world.serve(world.exchange(caller), answering(USAGE))).as("the only request of this minute")
                .isInstanceOf(Answer.class);
        world.awaitSettled(caller);
        assertThat(world.usage("k", null, "requests")).isEqualTo(1);
        assertThat(world.usage("k", null, "failures")).isEqualTo(1);
    }

    @Test
    void aCallThatTimedOutIsChargedAsReservedAndMarked() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(2 * BOUND_NANOS), Money.ZERO));
        Refusal timeout = Refusal.of(504, "upstream_timeout", "upstream_timeout", "Too late.")
                .with(Receipt.failed(1, true, 0));

        Reply reply = world.serve(world.exchange(caller), calling(exchange -> timeout));

        assertThat(reply.receipt().cost().nanos()).as("headers and accounts agree").isEqualTo(BOUND_NANOS);
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(BOUND_NANOS);
        assertThat(world.usage("k", null, "unsettled_nanos")).isEqualTo(BOUND_NANOS);
        assertThat(world.usage("k", null, "cost_nanos")).isEqualTo(BOUND_NANOS);
        assertThat(world.usage("k", null, "failures")).isEqualTo(1);
    }

    @Test
    void aProvidersNoCostsNothing() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(2 * BOUND_NANOS), Money.ZERO));

        world.serve(world.exchange(caller), calling(exchange -> new Answer(400, "application/json", new byte[0],
                Receipt.servedBy(MODEL, 1, Usage.NONE, 0))));

        world.awaitSettled(caller);
        assertThat(world.usage()).isEqualTo(Map.of("k|dear|requests", 1L, "k|dear|failures", 1L));
    }

    @Test
    void aRetryAfterABilledAttemptIsCoveredTooAndBothAreCharged() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(2 * BOUND_NANOS), Money.ZERO));
        Next next = exchange -> exchange.reservation().beforeAttempt(MODEL, false)
                .chain(() -> exchange.reservation().beforeAttempt(MODEL, true))
                .map(refusal -> answer(MODEL, 2, USAGE).with(answer(MODEL, 2, USAGE).receipt()
                        .after(Receipt.failed(0, true, 0))));

        Reply reply = world.serve(world.exchange(caller), next);

        assertThat(reply).isInstanceOf(Answer.class);
        assertThat(reply.receipt().cost().nanos()).isEqualTo(BOUND_NANOS + COST.nanos());
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(BOUND_NANOS + COST.nanos());
        assertThat(world.usage("k", MODEL, "unsettled_nanos")).isEqualTo(BOUND_NANOS);
    }

    @Test
    void aRetryThatTheBudgetDoesNotCoverEndsTheRequest() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(2 * BOUND_NANOS - 1), Money.ZERO));
        Next next = exchange -> exchange.reservation().beforeAttempt(MODEL, false)
                .chain(() -> exchange.reservation().beforeAttempt(MODEL, true))
                .map(refusal -> refusal.orElseThrow().with(Receipt.failed(1, true, 0)));

        Reply reply = world.serve(world.exchange(caller), next);

        assertThat(refused(reply).code()).contains("insufficient_quota");
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).as("the first attempt").isEqualTo(BOUND_NANOS);
    }

    @Test
    void aRetryAfterAnUnbilledAttemptNeedsNoMore() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(BOUND_NANOS), Money.ZERO));
        Next next = exchange -> exchange.reservation().beforeAttempt(MODEL, false)
                .chain(() -> exchange.reservation().beforeAttempt(MODEL, false))
                .map(refusal -> refusal.isPresent() ? refusal.get() : answer(MODEL, 2, USAGE));

        assertThat(world.serve(world.exchange(caller), next)).isInstanceOf(Answer.class);
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(COST.nanos());
    }

    @Test
    void aFallbackIsCoveredAtItsOwnPrice() {
        World world = World.on(redis);
        long cheapBound = 15 * 1_000 + 100 * 10_000;
        Caller enough = world.caller("enough", World.budget(new Money(BOUND_NANOS), Money.ZERO));
        Caller tooLittle = world.caller("little", World.budget(new Money(BOUND_NANOS - 1), Money.ZERO));
        Next toDear = exchange -> exchange.reservation().beforeAttempt(CHEAP, false)
                .chain(() -> exchange.reservation().beforeAttempt(MODEL, false))
                .map(refusal -> refusal.isPresent()
                        ? refusal.get().with(Receipt.failed(1, false, 0))
                        : answer(MODEL, 2, USAGE));

        Reply served = world.serve(World.exchange(enough, CHEAP, request("hello", 100)), toDear);
        Reply refused = world.serve(World.exchange(tooLittle, CHEAP, request("hello", 100)), toDear);

        assertThat(cheapBound).isLessThan(BOUND_NANOS);
        assertThat(served.receipt().cost()).isEqualTo(COST);
        assertThat(refused(refused).code()).contains("insufficient_quota");
        world.awaitSettled(enough);
        world.awaitSettled(tooLittle);
        assertThat(world.scope("key:enough").path("daySpent").asLong()).isEqualTo(COST.nanos());
        assertThat(world.scope("key:little").path("daySpent").asLong()).isZero();
    }

    @Test
    void aFallbackWithoutAPriceIsRefusedToAKeyWithABudget() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(BOUND_NANOS), Money.ZERO));
        Next next = exchange -> exchange.reservation().beforeAttempt(MODEL, false)
                .chain(() -> exchange.reservation().beforeAttempt(World.PRICELESS, false)).map(Optional::get);

        assertThat(refused(world.serve(world.exchange(caller), next)).status()).isEqualTo(403);
    }

    @Test
    void aClientThatLeavesWhileTheProviderWorksPaysWhatWasReserved() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(2 * BOUND_NANOS), Money.ZERO));
        AtomicInteger called = new AtomicInteger();

        Cancellable waiting = world.stage.apply(world.exchange(caller),
                exchange -> exchange.reservation().beforeAttempt(MODEL, false).invoke(called::incrementAndGet)
                        .flatMap(go -> World.pending()))
                .subscribe().with(reply -> {});
        World.await("the provider was called", () -> called.get() == 1);
        waiting.cancel();

        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(BOUND_NANOS);
        assertThat(world.usage()).as("the ledger counts the request").isEqualTo(
                Map.of("k|dear|unsettled_nanos", BOUND_NANOS, "k|dear|cost_nanos", BOUND_NANOS));
        assertThat(paidForNobody(world)).as("no reply tells the ledger's meters").isEqualTo(BOUND_NANOS);
    }

    /** What the meters of the limits know of costs, nano-dollars: the ledger's own are not part of this world. */
    private static long paidForNobody(World world) {
        Counter counter = world.meters.find("sluice.cost").tag("model", MODEL.name()).counter();
        return counter == null ? 0 : Math.round(counter.count() * 1e9);
    }

    @Test
    void aCallThatGoesOnForOthersIsPaidByItsLeaderWhoHasGone() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(2 * BOUND_NANOS), Money.ZERO));
        AtomicBoolean gone = new AtomicBoolean();
        Sharing sharing = new Sharing() {
            @Override
            public Optional<String> identity() {
                return Optional.of("identity");
            }

            @Override
            public boolean alone() {
                return false;
            }

            @Override
            public boolean abandoned() {
                return gone.get();
            }
        };

        Reply reply = world.serve(world.exchange(caller).with(sharing), calling(exchange -> {
            gone.set(true);
            return answer(MODEL, 1, USAGE);
        }));

        assertThat(reply.receipt().cost()).isEqualTo(COST);
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(COST.nanos());
        assertThat(world.usage()).as("the ledger has counted the request as one whose client had gone")
                .isEqualTo(Map.of("k|dear|input_tokens", 10L, "k|dear|cached_input_tokens", 4L,
                        "k|dear|output_tokens", 7L, "k|dear|cost_nanos", COST.nanos()));
        assertThat(paidForNobody(world)).isEqualTo(COST.nanos());
    }

    @Test
    void whatAReplyTellsIsNotPaidTwice() {
        World world = World.on(redis);
        Caller caller = world.caller("k", RATES);

        world.serve(world.exchange(caller), answering(USAGE));

        world.awaitSettled(caller);
        assertThat(paidForNobody(world)).isZero();
    }

    @Test
    void aClientThatLeavesBeforeTheProviderIsCalledPaysNothing() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(2 * BOUND_NANOS), Money.ZERO));
        AtomicInteger reached = new AtomicInteger();
        CompletableFuture<Cancellable> waiting = new CompletableFuture<>();

        waiting.complete(world.stage.apply(world.exchange(caller), exchange -> {
            // As in the gateway: a client leaves on the event loop that serves it, never in the middle of a step.
            Vertx.currentContext().runOnContext(later -> waiting.thenAccept(Cancellable::cancel));
            reached.incrementAndGet();
            return World.pending();
        }).subscribe().with(reply -> {}));
        World.await("the rest of the way was reached", () -> reached.get() == 1);

        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isZero();
        assertThat(world.usage()).isEmpty();
        assertThat(paidForNobody(world)).isZero();
    }

    @Test
    void aClientThatLeavesDuringTheReservationLeavesNothingBehind() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(2 * BOUND_NANOS), Money.ZERO));
        world.serve(world.exchange(caller), answering(Usage.NONE));
        world.awaitSettled(caller);

        for (int i = 0; i < 50; i++) {
            world.stage.apply(world.exchange(caller), answering(USAGE)).subscribe().with(reply -> {}).cancel();
        }

        world.awaitSettled(caller);
        assertThat(world.serve(world.exchange(caller), answering(USAGE))).isInstanceOf(Answer.class);
    }

    @Test
    void aDefectBehindUsIsChargedLikeALostAnswer() {
        World world = World.on(redis);
        Caller caller = world.caller("k", World.budget(new Money(2 * BOUND_NANOS), Money.ZERO));

        Uni<Reply> reply = world.stage.apply(world.exchange(caller),
                exchange -> exchange.reservation().beforeAttempt(MODEL, false).flatMap(
                        go -> Uni.createFrom().failure(new IllegalStateException("a defect"))));

        assertThat(reply.onFailure(IllegalStateException.class).recoverWithNull().await().indefinitely()).isNull();
        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(BOUND_NANOS);
    }

    @Test
    void usageAboveTheBoundIsChargedInFullAndCounted() {
        World world = World.on(redis);
        Caller caller = world.caller("k", new Quota(0, 1_000, 1, new Money(BOUND_NANOS), Money.ZERO));
        Usage more = new Usage(1_000, 0, 1_000);

        world.serve(world.exchange(caller), answering(more));

        world.awaitSettled(caller);
        assertThat(world.scope("key:k").path("daySpent").asLong()).isEqualTo(PRICE.cost(more).nanos());
        assertThat(world.scope("key:k").path("tokens").asLong()).as("a debt").isGreaterThan(1_900 * Levels.PER_UNIT);
        assertThat(world.meters.get("sluice.limit.overruns").counter().count()).isEqualTo(1);
    }

    @Test
    void aRepeatedRefusalNeedsNoRoundTrip() {
        World world = World.on(redis);
        Caller caller = world.caller("k", new Quota(1, 0, 1, Money.ZERO, Money.ZERO));
        world.serve(world.exchange(caller), answering(USAGE));
        world.awaitSettled(caller);
        world.serve(world.exchange(caller), answering(USAGE));

        long before = world.scriptsRun();
        for (int i = 0; i < 1000; i++) {
            Refusal refusal = refused(world.serve(world.exchange(caller), answering(USAGE)));
            assertThat(refusal.retryAfterSeconds().orElse(0)).isBetween(30L, 60L);
        }

        assertThat(world.scriptsRun() - before).as("once a second at most").isLessThan(20);
        assertThat(world.stage.refuses(caller)).isTrue();
    }

    @Test
    void aChangedLimitIsObeyedAtOnceAndKeepsWhatWasUsed() {
        World world = World.on(redis);
        world.serve(world.exchange(world.caller("k", new Quota(1, 0, 1, Money.ZERO, Money.ZERO))), answering(USAGE));
        assertThat(world.serve(world.exchange(world.caller("k", new Quota(1, 0, 1, Money.ZERO, Money.ZERO))),
                answering(USAGE))).isInstanceOf(Refusal.class);

        Caller raised = world.caller("k", new Quota(2, 0, 3, Money.ZERO, Money.ZERO));

        assertThat(world.serve(world.exchange(raised), answering(USAGE))).isInstanceOf(Answer.class);
        assertThat(world.serve(world.exchange(raised), answering(USAGE))).isInstanceOf(Answer.class);
        assertThat(world.serve(world.exchange(raised), answering(USAGE))).as("one of three was used before")
                .isInstanceOf(Refusal.class);
    }

    @Test
    void whatIsRememberedOfALargeRequestDoesNotRefuseASmallOne() {
        World world = World.on(redis);
        Caller caller = world.caller("k", new Quota(0, 1_000, 1, Money.ZERO, Money.ZERO));
        Next keeping = calling(exchange -> answer(MODEL, 1, new Usage(15, 0, 800)));
        world.serve(World.exchange(caller, MODEL, request("hello", 800)), keeping);
        world.awaitSettled(caller);

        assertThat(world.serve(World.exchange(caller, MODEL, request("hello", 700)), keeping))
                .isInstanceOf(Refusal.class);
        assertThat(world.serve(World.exchange(caller, MODEL, request("hello", 10)), answering(USAGE)))
                .isInstanceOf(Answer.class);
    }

    @Test
    void whereNothingIsLimitedNobodyIsAskedButAllIsWrittenDown() {
        World world = World.on(redis);
        Caller caller = world.caller("k", Quota.UNLIMITED);
        AtomicLong before = new AtomicLong();
        long start = world.scriptsRun();

        Reply reply = world.serve(world.exchange(caller), calling(exchange -> {
            before.set(world.scriptsRun());
            return answer(MODEL, 1, USAGE);
        }));

        assertThat(before.get() - start).isZero();
        assertThat(reply.receipt().booked()).isTrue();
        World.await("the usage was written", () -> world.usage("k", MODEL, "cost_nanos") == COST.nanos());
        assertThat(world.scope("key:k").path("daySpent").asLong()).as("for a budget that comes later")
                .isEqualTo(COST.nanos());
    }

    @Test
    void aRoughBoundIsRefinedBeforeItIsRefused() {
        World world = World.on(redis);
        String prompt = "one two three four five six seven eight nine ten ".repeat(10);
        long exact = 3 + 3 + 1 + 101;
        long nanos = exact * 8_000 + 10 * 24_000;
        Caller caller = world.caller("k", World.budget(new Money(nanos), Money.ZERO));
        Caller tokens = world.caller("t", new Quota(0, exact + 10, 1, Money.ZERO, Money.ZERO));

        assertThat(world.serve(World.exchange(caller, GPT, request(prompt, 10)), answering(USAGE)))
                .isInstanceOf(Answer.class);
        assertThat(world.serve(World.exchange(tokens, GPT, request(prompt, 10)), answering(USAGE)))
                .isInstanceOf(Answer.class);
        assertThat(refused(world.serve(World.exchange(tokens, GPT, request(prompt, 11)), answering(USAGE))).code())
                .contains("insufficient_quota");
    }

    @Test
    void aBusyKeyIsSettledForManyAtOnce() {
        World world = World.on(redis);
        Caller caller = world.caller("k", new Quota(1_000_000, 0, 1_000_000, Money.ZERO, Money.ZERO));
        int requests = 400;
        long scripts = world.scriptsRun();
        long begun = System.nanoTime();

        world.inTurn(requests, world.exchange(caller), answering(USAGE)).await().atMost(Duration.ofSeconds(10));
        world.awaitSettled(caller);

        long millis = (System.nanoTime() - begun) / 1_000_000;
        assertThat(world.usage("k", MODEL, "requests")).isEqualTo(requests);
        assertThat(world.scriptsRun() - scripts - requests).as("messages about ends: one in 5 ms, and full ones")
                .isBetween(1L, millis / 5 + 2 + requests / GroupCommit.AT_ONCE);
    }

    @Test
    void aReplicaThatEndsTellsWhatItHasGathered() throws InterruptedException {
        World world = World.on(redis);
        Caller caller = world.caller("k", new Quota(1_000_000, 0, 1_000_000, Money.ZERO, Money.ZERO));
        CountDownLatch ended = new CountDownLatch(1);

        // The event loop is busy when the time has come to tell the others: only the end of the replica tells them.
        world.inTurn(20, world.exchange(caller), answering(USAGE)).subscribe().with(reply -> {
            ended.countDown();
            sleep(300);
        });
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        world.stage.stop(null);
        world.outbox.drain().await().indefinitely();

        assertThat(world.usage("k", MODEL, "requests")).isEqualTo(20);
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
