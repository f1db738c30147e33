package dev.sluice.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.Money;
import dev.sluice.Quota;
import dev.sluice.Usage;
import dev.sluice.limit.Decision.Ended;
import dev.sluice.limit.Decision.Granted;
import dev.sluice.limit.Decision.Kind;
import dev.sluice.limit.Decision.Refused;
import dev.sluice.limit.Decision.TooRough;
import dev.sluice.redis.TestRedis;
import io.vertx.redis.client.Command;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules of time, by a clock that the test sets. */
class ScriptsTest {
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final Tariff TARIFF = new Tariff(1_000_000, 1_000_000); // a nano-dollar a token
    private static final long NOW = 1_795_478_400_000L;
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;

    private static TestRedis redis;

    private final ScriptWorld world = new ScriptWorld(redis, NOW);
    private final String base = "test:v1:{t:scripts" + NAMES.incrementAndGet() + "}:";
    private int ids;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    private Holder holder(Quota quota) {
        return holder(quota, ZoneOffset.UTC);
    }

    private Holder holder(Quota quota, ZoneId zone) {
        return new Holder(base, "k", new TenantZone(zone, Clock.fixed(Instant.ofEpochMilli(world.now()), zone)),
                List.of(new Scope("key:k", quota), new Scope("tenant", Quota.UNLIMITED)));
    }

    private static Quota rates(long requests, long tokens, long burst) {
        return new Quota(requests, tokens, burst, Money.ZERO, Money.ZERO);
    }

    private static Quota budget(long day, long month) {
        return new Quota(0, 0, 0, new Money(day), new Money(month));
    }

    private static Demand tokens(long tokens) {
        return new Demand(0, tokens, 1, tokens, TARIFF, false);
    }

    private Decision reserve(Holder holder, long tokens) {
        return world.reserve(holder, "l" + ++ids, tokens(tokens));
    }

    private static Settlement used(long tokens, long nanos, long reservedAt, long endedAt) {
        return new Settlement(true, false, tokens, new Money(nanos), Money.ZERO, reservedAt, endedAt, "m", 1, 0,
                new Usage(tokens, 0, 0), Money.ZERO);
    }

    private void spend(Holder holder, long nanos) {
        String id = "l" + ++ids;
        assertThat(world.reserve(holder, id, tokens(nanos))).isInstanceOf(Granted.class);
        assertThat(world.settle(holder, id, used(nanos, nanos, world.now(), world.now()))).isTrue();
    }

    @Test
    void theRequestBucketRefillsASixtiethASecondAndTheWaitIsExact() {
        Holder holder = holder(rates(7, 0, 2));
        reserve(holder, 1);
        reserve(holder, 1);

        Refused refused = (Refused) reserve(holder, 1);

        assertThat(refused.kind()).isEqualTo(Kind.REQUESTS);
        assertThat(refused.waitMillis()).isEqualTo(8_572); // a seventh of a minute, rounded up
        world.pass(8_571);
        assertThat(reserve(holder, 1)).isInstanceOf(Refused.class);
        world.pass(1);
        assertThat(reserve(holder, 1)).isInstanceOf(Granted.class);
        assertThat(reserve(holder, 1)).as("no burst at a minute's edge").isInstanceOf(Refused.class);
        world.pass(HOUR);
        assertThat(reserve(holder, 1)).isInstanceOf(Granted.class);
        assertThat(reserve(holder, 1)).isInstanceOf(Granted.class);
        assertThat(reserve(holder, 1)).as("it holds the burst, not an hour").isInstanceOf(Refused.class);
    }

    @Test
    void theTokenBucketHoldsAMinuteAndTheWaitIsExact() {
        Holder holder = holder(rates(0, 6_000, 1));
        reserve(holder, 5_900);

        Refused refused = (Refused) reserve(holder, 350);

        assertThat(refused.kind()).isEqualTo(Kind.TOKENS);
        assertThat(refused.waitMillis()).isEqualTo(2_500);
        world.pass(2_499);
        assertThat(reserve(holder, 350)).isInstanceOf(Refused.class);
        world.pass(1);
        assertThat(reserve(holder, 350)).isInstanceOf(Granted.class);
        assertThat(((Refused) reserve(holder, 6_001)).kind()).isEqualTo(Kind.SIZE);
    }

    @Test
    void anUnusedShareComesBackButNotWhatTimeHasBroughtBackAlready() {
        Holder holder = holder(rates(0, 6_000, 1));
        world.reserve(holder, "quick", tokens(6_000));
        world.settle(holder, "quick", used(1_000, 0, world.now(), world.now()));
        assertThat(reserve(holder, 5_000)).isInstanceOf(Granted.class);

        world.pass(HOUR);
        world.reserve(holder, "slow", tokens(6_000));
        world.pass(MINUTE);
        assertThat(reserve(holder, 6_000)).as("the bucket is full again").isInstanceOf(Granted.class);
        world.settle(holder, "slow", used(0, 0, world.now(), world.now()));
        assertThat(reserve(holder, 1)).as("its share had come back").isInstanceOf(Refused.class);
    }

    @Test
    void aChangedLimitKeepsWhatWasUsed() {
        reserve(holder(rates(0, 10_000, 1)), 9_000);

        assertThat(((Refused) reserve(holder(rates(0, 12_000, 1)), 3_001)).waitMillis()).isEqualTo(5);
        assertThat(reserve(holder(rates(0, 12_000, 1)), 3_000)).isInstanceOf(Granted.class);
        assertThat(((Refused) reserve(holder(rates(0, 6_000, 1)), 100)).waitMillis())
                .as("a debt at the new refill").isEqualTo(61_000);
    }

    @Test
    void aChangedBudgetKeepsWhatWasSpent() {
        spend(holder(budget(1_000, 0)), 900);
        assertThat(((Refused) reserve(holder(budget(950, 0)), 51)).kind()).isEqualTo(Kind.DAY);
        assertThat(reserve(holder(budget(2_000, 0)), 1_100)).isInstanceOf(Granted.class);
    }

    @Test
    void aClockSetBackNeitherGivesNorTakes() {
        Holder holder = holder(rates(60, 0, 1));
        reserve(holder, 1);
        world.pass(-HOUR);
        assertThat(((Refused) reserve(holder, 1)).waitMillis()).isEqualTo(1_000);
        world.pass(1_000);
        assertThat(reserve(holder, 1)).isInstanceOf(Granted.class);
    }

    @Test
    void aDayIsTheTenantsAndNotTwentyFourHoursWhenTheClocksChange() {
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        world.setClock(ZonedDateTime.of(2026, 10, 25, 0, 0, 0, 0, berlin).toInstant().toEpochMilli()); // 25 hours long
        Holder holder = holder(budget(100, 0), berlin);
        spend(holder, 100);

        world.pass(25 * HOUR - 1);
        assertThat(((Refused) reserve(holder, 1)).kind()).as("one millisecond before midnight").isEqualTo(Kind.DAY);
        world.pass(1);
        assertThat(reserve(holder, 100)).as("midnight").isInstanceOf(Granted.class);
    }

    @Test
    void inSpringTheDayIsAnHourShorter() {
        ZoneId newYork = ZoneId.of("America/New_York");
        world.setClock(ZonedDateTime.of(2027, 3, 14, 0, 0, 0, 0, newYork).toInstant().toEpochMilli());
        Holder holder = holder(budget(100, 0), newYork);
        spend(holder, 100);

        world.pass(23 * HOUR - 1);
        assertThat(reserve(holder, 1)).isInstanceOf(Refused.class);
        world.pass(1);
        assertThat(reserve(holder, 100)).isInstanceOf(Granted.class);
    }

    @Test
    void aMonthEndsWithItsLastDayInTheTenantsZone() {
        ZoneId tokyo = ZoneId.of("Asia/Tokyo");
        for (int[] end : new int[][]{ { 2027, 2, 28}, { 2028, 2, 29}, { 2026, 12, 31}, { 2027, 4, 30}}) {
            Holder holder = new Holder(base + end[0] + end[1], "k", new TenantZone(tokyo, Clock.systemUTC()),
                    List.of(new Scope("key:k", budget(0, 100))));
            long midnight = ZonedDateTime.of(end[0], end[1], end[2], 0, 0, 0, 0, tokyo).plusDays(1).toInstant()
                    .toEpochMilli();
            world.setClock(midnight - 20 * 24 * HOUR);
            spend(holder, 100);
            world.setClock(midnight - 1);
            assertThat(((Refused) reserve(holder, 1)).kind()).isEqualTo(Kind.MONTH);
            world.setClock(midnight);
            assertThat(reserve(holder, 100)).isInstanceOf(Granted.class);
        }
    }

    @Test
    void whatIsReservedOverMidnightBelongsToTheDayThatSettlesIt() {
        Holder holder = holder(budget(100, 0));
        world.setClock(NOW / (24 * HOUR) * 24 * HOUR - 1);
        world.reserve(holder, "late", tokens(60));
        world.pass(2);

        assertThat(((Refused) reserve(holder, 50)).kind()).isEqualTo(Kind.RESERVED);
        world.settle(holder, "late", used(30, 30, world.now() - 2, world.now()));
        assertThat(reserve(holder, 70)).isInstanceOf(Granted.class);
        assertThat(reserve(holder, 1)).isInstanceOf(Refused.class);
    }

    @Test
    void aLeaseThatIsNotRenewedIsChargedWhereAProviderWasAsked() {
        Holder holder = holder(budget(100, 0));
        world.reserve(holder, "crashed", tokens(60));
        world.pass(LimitStore.LEASE_MILLIS - 1);
        assertThat(world.reap(holder)).isZero();
        world.pass(1);

        assertThat(((Refused) reserve(holder, 50)).kind()).as("spent, and known to be by whoever comes first")
                .isEqualTo(Kind.DAY);

        assertThat(world.scope(holder, "key:k").path("daySpent").asLong()).isEqualTo(60);
        assertThat(world.scope(holder, "key:k").path("held").asLong()).isZero();
        assertThat(world.usage(holder)).isEqualTo(Map.of("k|m|requests", 1L, "k|m|failures", 1L, "k|m|cost_nanos", 60L,
                "k|m|unsettled_nanos", 60L));
    }

    @Test
    void aLeaseThatWaitedIsReleased() {
        Holder holder = holder(new Quota(1, 1_000, 1, new Money(100), Money.ZERO));
        world.reserve(holder, "waiting", tokens(60));
        world.limits.mark(holder, "waiting", false).await().indefinitely();
        world.pass(LimitStore.LEASE_MILLIS);

        assertThat(world.reap(holder)).isEqualTo(1);

        assertThat(reserve(holder, 100)).as("money, tokens and the request").isInstanceOf(Granted.class);
    }

    @Test
    void aRenewedLeaseLives() {
        Holder holder = holder(budget(100, 0));
        world.reserve(holder, "long", tokens(60));
        for (int i = 0; i < 5; i++) {
            world.pass(LimitStore.LEASE_MILLIS - 1);
            world.limits.mark(holder, "long", true).await().indefinitely();
        }
        assertThat(world.reap(holder)).isZero();
        assertThat(world.settle(holder, "long", used(10, 10, NOW, world.now()))).isTrue();
        assertThat(world.scope(holder, "key:k").path("daySpent").asLong()).isEqualTo(10);
    }

    @Test
    void theTruthReplacesTheEstimateOnce() {
        Holder holder = holder(new Quota(0, 1_000, 1, new Money(100), Money.ZERO));
        world.reserve(holder, "hung", tokens(60));
        world.pass(2 * MINUTE);
        world.reap(holder);

        assertThat(world.settle(holder, "hung", used(10, 7, NOW, NOW + MINUTE))).isTrue();
        assertThat(world.settle(holder, "hung", used(10, 7, NOW, NOW + MINUTE))).isFalse();

        assertThat(world.scope(holder, "key:k").path("daySpent").asLong()).isEqualTo(7);
        assertThat(world.usage(holder)).containsEntry("k|m|cost_nanos", 7L).containsEntry("k|m|unsettled_nanos", 0L)
                .containsEntry("k|m|requests", 1L).containsEntry("k|m|failures", 0L);
    }

    @Test
    void theTruthReplacesAnEstimateOfWhileTheClockWasSetBackOverMidnight() {
        Holder holder = holder(new Quota(0, 1_000, 1, new Money(100), Money.ZERO));
        world.setClock(NOW / (24 * HOUR) * 24 * HOUR);
        world.reserve(holder, "hung", tokens(60));
        world.pass(-HOUR);
        world.store.call(Command.ZADD, holder.leasesKey(), 0, "hung").await().indefinitely();
        world.reap(holder);

        world.settle(holder, "hung", used(10, 7, world.now(), world.now()));

        assertThat(world.scope(holder, "key:k").path("daySpent").asLong()).isEqualTo(7);
    }

    @Test
    void aReservationThatArrivesAfterItsCancellationIsRefused() {
        Holder holder = holder(budget(100, 0));
        Settlement cancelled = new Settlement(true, true, 0, Money.ZERO, Money.ZERO, 0, 0, "-", 0, 0, Usage.NONE,
                Money.ZERO);
        assertThat(world.settle(holder, "slow", cancelled)).isTrue();

        assertThat(world.reserve(holder, "slow", tokens(60))).isInstanceOf(Ended.class);
        assertThat(world.usage(holder)).isEmpty();
        assertThat(reserve(holder, 100)).isInstanceOf(Granted.class);
    }

    @Test
    void whatHasEndedIsRememberedForTwoGenerationsAndLeavesNoKeyOfItsOwn() {
        // given
        Holder holder = holder(budget(1000, 0));
        String ended = holder.base() + "limit:ended";
        end(holder, "a");
        assertThat(world.isLive(holder, "a")).isFalse();
        assertThat(world.members(ended)).containsExactly("a");

        // when
        world.expire(ended, MINUTE);
        end(holder, "b");

        // then
        assertThat(world.exists(ended)).isFalse();
        assertThat(world.members(ended + ":old")).containsExactly("a", "b");
        assertThat(world.settle(holder, "a", used(10, 7, NOW, NOW))).isFalse();
        assertThat(world.reserve(holder, "a", tokens(10))).isInstanceOf(Ended.class);

        // when
        end(holder, "c");
        world.expire(ended, MINUTE);
        end(holder, "d");

        // then
        assertThat(world.members(ended + ":old")).containsExactly("c", "d");
    }

    private void end(Holder holder, String id) {
        assertThat(world.reserve(holder, id, tokens(10))).isInstanceOf(Granted.class);
        assertThat(world.settle(holder, id, used(10, 7, NOW, NOW))).isTrue();
    }

    @Test
    void moneyIsChargedOnceEvenWhenRedisHasLostTheLease() {
        Holder holder = holder(budget(100, 0));
        Settlement recent = used(10, 30, NOW - 1_000, NOW);

        assertThat(world.settle(holder, "lost", recent)).as("ended a moment ago and unknown: lost").isTrue();
        assertThat(world.settle(holder, "lost", recent)).isFalse();
        assertThat(world.scope(holder, "key:k").path("daySpent").asLong()).isEqualTo(30);

        world.pass(HOUR);
        Settlement before = used(10, 30, NOW - HOUR, NOW - HOUR + 1);
        assertThat(world.settle(holder, "older", before)).as("ended before this Redis began: lost").isTrue();

        Settlement ambiguous = used(10, 30, NOW + 1, NOW + 2);
        assertThat(world.settle(holder, "forgotten", ambiguous))
                .as("ended long ago, in this Redis' time: it was settled, and that is forgotten").isFalse();
        assertThat(world.scope(holder, "key:k").path("daySpent").asLong()).isEqualTo(60);
    }

    @Test
    void withoutALeaseTheMoneyCountsAllTheSame() {
        Holder holder = holder(budget(100, 0));
        Settlement leaseless = new Settlement(false, false, 10, new Money(30), Money.ZERO, 0, 0, "m", 1, 0,
                new Usage(10, 0, 0), Money.ZERO);

        assertThat(world.settle(holder, "free", leaseless)).isTrue();
        assertThat(world.settle(holder, "free", leaseless)).isFalse();
        world.expire(holder.base() + "limit:ended", 0);
        assertThat(world.settle(holder, "free", leaseless)).as("remembered for longer than what had a lease").isFalse();

        assertThat(((Refused) reserve(holder, 71)).kind()).isEqualTo(Kind.DAY);
        assertThat(world.usage(holder)).containsEntry("k|m|cost_nanos", 30L).containsEntry("k|m|input_tokens", 10L);
    }

    @Test
    void aRepeatChangesNothing() {
        Holder holder = holder(new Quota(60, 1_000, 10, new Money(100), Money.ZERO));
        Granted first = (Granted) world.reserve(holder, "twice", tokens(40));
        Granted again = (Granted) world.reserve(holder, "twice", tokens(40));
        assertThat(again).isEqualTo(first);

        assertThat(world.topUp(holder, "twice", 1, true, tokens(20))).isInstanceOf(Granted.class);
        assertThat(world.topUp(holder, "twice", 1, true, tokens(20))).isInstanceOf(Granted.class);
        assertThat(world.scope(holder, "key:k").path("held").asLong()).isEqualTo(60);
        assertThat(world.topUp(holder, "twice", 0, false, tokens(40))).as("a step that has passed")
                .isInstanceOf(Ended.class);
    }

    @Test
    void aRoughBoundIsGrantedOnlyWhereThereIsPlenty() {
        Holder holder = holder(rates(0, 1_000, 1));
        Demand rough = new Demand(0, 400, 1, 400, TARIFF, true);

        assertThat(world.reserve(holder, "first", rough)).isInstanceOf(Granted.class);
        assertThat(world.reserve(holder, "second", rough)).isInstanceOf(TooRough.class);
        assertThat(world.reserve(holder, "second", tokens(400))).isInstanceOf(Granted.class);
    }

    @Test
    void largeAmountsStayWhole() {
        long most = (1L << 53) - 1;
        Holder holder = holder(budget(most, most));
        world.reserve(holder, "large", tokens(1));
        world.settle(holder, "large", used(1, most - 3, world.now(), world.now()));

        assertThat(world.usage(holder)).containsEntry("k|m|cost_nanos", most - 3);
        assertThat(reserve(holder, 3)).isInstanceOf(Granted.class);
        assertThat(reserve(holder, 1)).isInstanceOf(Refused.class);
    }

    @Test
    void whatIsAskedForTogetherIsDecidedAsIfOneAfterTheOther() {
        Holder holder = holder(rates(0, 1_000, 1));
        world.reserve(holder, "running", tokens(100));

        List<Asked> together = List.of(
                ScriptWorld.asked("a", tokens(500)),
                ScriptWorld.asked("b", tokens(500)), // too much now
                new Asked("running", 1, true, tokens(200), "m", null),
                ScriptWorld.asked("a", tokens(500)), // twice in one message
                ScriptWorld.asked("c", tokens(200)),
                ScriptWorld.asked("d", tokens(1)));

        List<Decision> decisions = world.reserve(holder, together);
        assertThat(decisions).hasExactlyElementsOfTypes(Granted.class, Refused.class, Granted.class, Granted.class,
                Granted.class, Refused.class);
        assertThat(((Granted) decisions.get(0)).levels().tokens()).isEqualTo(600 * MINUTE);
        assertThat(((Granted) decisions.get(4)).levels().tokens()).isEqualTo(1_000 * MINUTE);
        assertThat(world.liveLeases(holder)).isEqualTo(3);
        assertThat(world.reserve(holder, together)).as("repeated").hasExactlyElementsOfTypes(Granted.class,
                Refused.class, Granted.class, Granted.class, Granted.class, Refused.class);
        assertThat(world.scope(holder, "key:k").path("held").asLong()).isEqualTo(1_000);
        assertThat(world.settle(holder, "running", used(300, 300, world.now(), world.now()))).isTrue();
        assertThat(world.scope(holder, "key:k").path("held").asLong()).isEqualTo(700);
    }

    @Test
    void whatCannotBeReadLeavesNothingHalfReserved() {
        Holder holder = holder(budget(1_000, 0));
        world.reserve(holder, "newer", tokens(100));
        world.makeNewer(holder, "newer");

        assertThatThrownBy(() -> world.reserve(holder, List.of(ScriptWorld.asked("a", tokens(10)),
                new Asked("newer", 1, true, tokens(10), "m", null)))).hasMessageContaining("unknown format");

        assertThat(world.isLive(holder, "a")).isFalse();
        assertThat(world.scope(holder, "key:k").path("held").asLong()).isEqualTo(100);
    }

    @Test
    void whatEndsTogetherIsSettledAsIfOneAfterTheOther() {
        Holder holder = holder(budget(1_000, 0));
        reserve(holder, 100);
        reserve(holder, 200);
        reserve(holder, 300);
        world.settle(holder, "l1", used(10, 10, world.now(), world.now()));
        Settlement unlimited = new Settlement(false, false, 0, new Money(5), Money.ZERO, 0, 0, "m", 1, 1, Usage.NONE,
                Money.ZERO);

        List<LimitStore.Ended> together = List.of(
                new LimitStore.Ended("l1", used(10, 10, world.now(), world.now())), // once more
                new LimitStore.Ended("l2", used(20, 20, world.now(), world.now())),
                new LimitStore.Ended("l2", used(20, 20, world.now(), world.now())), // twice in one message
                new LimitStore.Ended("without", unlimited));

        assertThat(world.settle(holder, together)).isEqualTo(2);
        assertThat(world.settle(holder, together)).as("repeated").isZero();
        assertThat(world.scope(holder, "key:k").path("daySpent").asLong()).isEqualTo(35);
        assertThat(world.scope(holder, "tenant").path("daySpent").asLong()).as("not limited").isEqualTo(35);
        assertThat(world.scope(holder, "key:k").path("held").asLong()).as("the third still runs").isEqualTo(300);
        assertThat(world.liveLeases(holder)).isEqualTo(1);
        assertThat(world.usage(holder)).containsEntry("k|m|cost_nanos", 35L).containsEntry("k|m|requests", 3L)
                .containsEntry("k|m|failures", 1L);
    }

    @Test
    void aLeaseThatCannotBeReadDoesNotKeepOthersFromBeingSettled() {
        Holder holder = holder(budget(1_000, 0));
        reserve(holder, 100);
        reserve(holder, 200);
        reserve(holder, 300);
        world.makeNewer(holder, "l2");

        assertThatThrownBy(() -> world.settle(holder, List.of(
                new LimitStore.Ended("l1", used(10, 10, world.now(), world.now())),
                new LimitStore.Ended("l2", used(20, 20, world.now(), world.now())),
                new LimitStore.Ended("l3", used(30, 30, world.now(), world.now())))))
                .hasMessageContaining("unknown format");

        assertThat(world.scope(holder, "key:k").path("daySpent").asLong()).isEqualTo(40);
        assertThat(world.usage(holder)).containsEntry("k|m|cost_nanos", 40L);
    }

    @Test
    void whatCannotBeCountedEndsNoLease() {
        Holder holder = holder(budget(1_000, 0));
        reserve(holder, 100);
        String row = base + "usage:" + Instant.ofEpochMilli(world.now()).atZone(ZoneOffset.UTC).toLocalDate();
        world.store.call(Command.SET, row, "not a hash").await().indefinitely();
        List<LimitStore.Ended> end = List.of(new LimitStore.Ended("l1", used(10, 10, world.now(), world.now())));

        assertThatThrownBy(() -> world.settle(holder, end)).hasMessageContaining("WRONGTYPE");

        assertThat(world.scope(holder, "key:k").path("held").asLong()).as("still reserved").isEqualTo(100);
        world.store.call(Command.DEL, row).await().indefinitely();
        assertThat(world.settle(holder, end)).isEqualTo(1);
    }

    @Test
    void whatIsSpentCountsWhereNothingIsLimitedAndALimitComesLater() {
        Holder holder = holder(budget(1_000, 0));
        spend(holder, 40);
        reserve(holder, 50); // of a replica that dies
        world.pass(LimitStore.LEASE_MILLIS + 1);
        world.reap(holder);
        Holder limited = new Holder(base, "k", new TenantZone(ZoneOffset.UTC, Clock.systemUTC()),
                List.of(new Scope("key:k", budget(1_000, 0)), new Scope("tenant", budget(100, 0))));

        assertThat(reserve(limited, 11)).isInstanceOf(Refused.class);
        assertThat(reserve(limited, 10)).isInstanceOf(Granted.class);
    }

    @Test
    void stateOfANewerFormatIsLeftAlone() {
        Holder holder = holder(budget(100, 0));
        world.store.call(Command.EVAL, "redis.call('SET', KEYS[1], cmsgpack.pack({ format = 2 }))", 1,
                base + "limit:key:k").await().indefinitely();

        assertThatThrownBy(() -> reserve(holder, 1)).hasMessageContaining("unknown format");
    }

    @Test
    void anExpiredLeaseOfANewerFormatIsLeftToItsVersionAndKeepsNobodyFromReserving() {
        Holder holder = holder(budget(1_000, 0));
        reserve(holder, 100);
        world.makeNewer(holder, "l1");
        reserve(holder, 200);
        world.pass(LimitStore.LEASE_MILLIS + 1);

        assertThat(reserve(holder, 300)).isInstanceOf(Granted.class);

        assertThat(world.usage(holder)).as("of the one that can be read").containsEntry("k|m|unsettled_nanos", 200L);
        assertThat(world.liveLeases(holder)).as("the newer one and the one that runs").isEqualTo(2);
        assertThat(world.reap(holder)).isZero();
    }

    @Test
    void whatIsDecidedTogetherLivesTogether() {
        Holder holder = holder(new Quota(60, 1_000, 10, new Money(100), Money.ZERO));
        spend(holder, 1);
        world.reserve(holder, "left", tokens(1));

        world.store.call(Command.KEYS, "*scripts" + NAMES.get() + "*").await().indefinitely()
                .forEach(key -> assertThat(key.toString()).startsWith(base));
    }
}
