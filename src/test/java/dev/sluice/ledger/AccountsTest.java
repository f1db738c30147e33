package dev.sluice.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AccountsTest {
    private static final Row ROW = new Row("k", "m");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long DAY_NANOS = Duration.ofDays(1).toNanos();
    private static TestRedis redis;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final AtomicLong clock = new AtomicLong();

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Test
    void addsUpAndWritesOnceForEachTenant() {
        SharedStore store = redis.store();
        Accounts accounts = accounts(store, 100);

        accounts.add("sum", ROW, cost(7));
        accounts.add("sum", ROW, cost(8));
        accounts.add("sum", new Row("k", "other"), cost(9));
        flush(accounts);
        flush(accounts);

        assertThat(field(store, "sum", today(store), "k|m|cost_nanos")).isEqualTo("15");
        assertThat(field(store, "sum", today(store), "k|m|requests")).isEqualTo("2");
        assertThat(field(store, "sum", today(store), "k|other|cost_nanos")).isEqualTo("9");
        assertThat(store.call(Command.SISMEMBER, store.keys().global("tenants"), "sum").await().indefinitely()
                .toInteger()).isOne();
    }

    @Test
    void requestsAreBookedOnTheDayTheyWereServed() {
        SharedStore store = redis.store();
        Accounts accounts = accounts(store, 100);

        accounts.add("days", ROW, cost(1));
        clock.addAndGet(2 * DAY_NANOS);
        flush(accounts);
        accounts.add("days", ROW, cost(2));
        clock.addAndGet(DAY_NANOS);
        flush(accounts);
        accounts.add("days", ROW, cost(4));
        flush(accounts);

        LocalDate today = today(store);
        assertThat(field(store, "days", today.minusDays(2), "k|m|cost_nanos")).isEqualTo("1");
        assertThat(field(store, "days", today.minusDays(1), "k|m|cost_nanos")).isEqualTo("2");
        assertThat(field(store, "days", today, "k|m|cost_nanos")).isEqualTo("4");
    }

    @Test
    void theScriptKnowsTheCalendar() {
        SharedStore store = redis.store();
        Script script = Script.named("account");
        LocalDate today = today(store);
        int days = 3000;

        for (int age = 0; age < days; age++) {
            store.run(script, List.of("calendar:", "calendar-seen:" + age),
                    List.of("1", Long.toString(Duration.ofDays(age).toMillis()), "k|m|requests", Integer.toString(age)))
                    .await().indefinitely();
        }

        for (int age = 0; age < days; age++) {
            assertThat(store.call(Command.HGET, "calendar:" + today.minusDays(age), "k|m|requests").await()
                    .indefinitely().toInteger()).as("%d days ago", age).isEqualTo(age);
        }
    }

    @Test
    void rowsAreKeptFor400Days() {
        SharedStore store = redis.store();
        Accounts accounts = accounts(store, 100);

        accounts.add("kept", ROW, cost(1));
        flush(accounts);

        assertThat(store.call(Command.TTL, store.keys().tenant("kept", "usage:" + today(store))).await().indefinitely()
                .toLong()).isBetween(Duration.ofDays(400).toSeconds() - 60, Duration.ofDays(400).toSeconds());
    }

    @Test
    void aWriteThatTimedOutButHappenedIsCountedOnce() {
        SharedStore impatient = redis.store(Duration.ofMillis(100));
        SharedStore store = redis.store();
        Accounts accounts = accounts(impatient, 100);
        accounts.add("once", ROW, cost(1));
        flush(accounts);
        long before = scriptCalls(store);

        // Redis hangs, and finds the write in its socket when it goes on.
        accounts.add("once", ROW, cost(2));
        redis.pause();
        try {
            accounts.flush().await().atMost(PATIENCE);
        } finally {
            redis.resume();
        }
        assertThat(accounts.waiting()).isOne();
        flushAll(accounts);

        assertThat(scriptCalls(store) - before).as("writes that reached Redis").isGreaterThanOrEqualTo(2);
        assertThat(field(store, "once", today(store), "k|m|cost_nanos")).isEqualTo("3");
    }

    @Test
    void whatIsServedWhileRedisIsAwayIsBookedOnItsReturn() {
        try (TestRedis mortal = TestRedis.start()) {
            SharedStore store = mortal.store(Duration.ofMillis(200));
            Accounts accounts = accounts(store, 100);
            accounts.add("away", ROW, cost(1));
            flush(accounts);
            mortal.stop();

            for (int minute = 1; minute <= 3; minute++) {
                accounts.add("away", ROW, cost(minute * 10));
                accounts.add("away", new Row("k", "m" + minute), cost(7));
                clock.addAndGet(Duration.ofSeconds(61).toNanos());
                accounts.tick();
            }
            mortal.restart();
            flushAll(accounts);

            // What had been written before is gone with the server that held it.
            assertThat(sum(store, "away", "k|m|cost_nanos")).isEqualTo(60);
            assertThat(sum(store, "away", "k|m1|cost_nanos") + sum(store, "away", "k|m3|cost_nanos")).isEqualTo(14);
            assertThat(store.call(Command.SISMEMBER, store.keys().global("tenants"), "away").await().atMost(PATIENCE)
                    .toInteger()).isOne();
            assertThat(meters.get("sluice.accounts.dropped").counter().count()).isZero();
        }
    }

    @Test
    void theSameNumberIsCountedOnceAndAnotherReplicasNumberIsNotTheSame() {
        SharedStore store = redis.store();
        Script script = Script.named("account");
        List<String> write = List.of("5", "0", "k|m|requests", "3");

        int first = store.run(script, List.of("n:", "seen:a"), write).await().indefinitely().toInteger();
        int again = store.run(script, List.of("n:", "seen:a"), write).await().indefinitely().toInteger();
        int late = store.run(script, List.of("n:", "seen:a"), List.of("4", "0", "k|m|requests", "3")).await()
                .indefinitely().toInteger();
        int other = store.run(script, List.of("n:", "seen:b"), write).await().indefinitely().toInteger();

        assertThat(List.of(first, again, late, other)).containsExactly(1, 0, 0, 1);
        assertThat(store.call(Command.HGET, "n:" + today(store), "k|m|requests").await().indefinitely().toInteger())
                .isEqualTo(6);
    }

    @Test
    void rowsThatWaitAreBoundedAndWhatDoesNotFitIsCounted() {
        SharedStore store = redis.store();
        Accounts accounts = accounts(store, 2);

        accounts.add("full", new Row("a", "m"), cost(1));
        accounts.add("full", new Row("b", "m"), cost(1));
        accounts.add("full", new Row("c", "m"), cost(1));
        accounts.add("full", new Row("a", "m"), cost(1));
        flush(accounts);
        accounts.add("full", new Row("c", "m"), cost(5));
        flush(accounts);

        assertThat(meters.get("sluice.accounts.dropped").counter().count()).isEqualTo(1);
        assertThat(field(store, "full", today(store), "a|m|requests")).isEqualTo("2");
        assertThat(field(store, "full", today(store), "c|m|cost_nanos")).isEqualTo("5");
    }

    @Test
    void whatRedisRefusesHoldsUpNothingElse() {
        SharedStore store = redis.store();
        Accounts accounts = accounts(store, 100);
        String usage = store.keys().tenant("broken", "usage:" + today(store));
        store.call(Command.SET, usage, "not a hash").await().indefinitely();

        accounts.add("broken", ROW, cost(1));
        accounts.add("whole", ROW, cost(1));
        flush(accounts);
        store.call(Command.DEL, usage).await().indefinitely();
        accounts.add("broken", ROW, cost(2));
        flush(accounts);

        assertThat(meters.get("sluice.accounts.dropped").counter().count()).isEqualTo(1);
        assertThat(field(store, "whole", today(store), "k|m|cost_nanos")).isEqualTo("1");
        assertThat(field(store, "broken", today(store), "k|m|cost_nanos")).isEqualTo("2");
    }

    @Test
    void theTimerWritesWithoutBeingAsked() {
        SharedStore store = redis.store();
        Accounts accounts = accounts(store, 100);
        accounts.start(null);

        accounts.add("timer", ROW, cost(3));

        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (accounts.waiting() > 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(field(store, "timer", today(store), "k|m|cost_nanos")).isEqualTo("3");
    }

    private Accounts accounts(SharedStore store, int rows) {
        return new Accounts(redis.vertx(), store, clock::get, new Capacity(rows, meters));
    }

    private static void flush(Accounts accounts) {
        accounts.flush().await().atMost(PATIENCE);
        assertThat(accounts.waiting()).isZero();
    }

    /** Again and again, because Redis' return is noticed a little later. */
    private static void flushAll(Accounts accounts) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (accounts.waiting() > 0 && System.nanoTime() < deadline) {
            accounts.flush().await().atMost(PATIENCE);
        }
        assertThat(accounts.waiting()).isZero();
    }

    /** Of today and yesterday, for what is some minutes old. */
    private static long sum(SharedStore store, String tenant, String field) {
        long sum = 0;
        for (LocalDate day : List.of(today(store), today(store).minusDays(1))) {
            Response value = store.call(Command.HGET, store.keys().tenant(tenant, "usage:" + day), field).await()
                    .atMost(PATIENCE);
            sum += value == null ? 0 : value.toLong();
        }
        return sum;
    }

    private static Figures cost(long nanos) {
        Figures figures = new Figures();
        figures.add(Metric.REQUESTS, 1);
        figures.add(Metric.COST_NANOS, nanos);
        return figures;
    }

    private static LocalDate today(SharedStore store) {
        long seconds = store.call(Command.TIME).await().indefinitely().get(0).toLong();
        return LocalDate.ofEpochDay(seconds / Duration.ofDays(1).toSeconds());
    }

    private static String field(SharedStore store, String tenant, LocalDate day, String field) {
        return store.call(Command.HGET, store.keys().tenant(tenant, "usage:" + day), field).await().indefinitely()
                .toString();
    }

    /** account.lua asks for a number once a call, and nothing else here uses GET. */
    private static long scriptCalls(SharedStore store) {
        String stats = store.call(Command.INFO, "commandstats").await().indefinitely().toString();
        Matcher calls = Pattern.compile("cmdstat_get:calls=(\\d+)").matcher(stats);
        return calls.find() ? Long.parseLong(calls.group(1)) : 0;
    }
}
