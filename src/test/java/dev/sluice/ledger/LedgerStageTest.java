package dev.sluice.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Caller;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.Usage;
import dev.sluice.Wishes;
import dev.sluice.json.Json;
import dev.sluice.ledger.UsageReport.UsageRow;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LedgerStageTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Model CHEAP = model("cheap", "0.42", "2.10");
    private static final Model DEAR = model("dear", "15", "75");
    private static TestRedis redis;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    /** A LedgerStage with all that a process would have of its own. */
    private static final class OneReplica {
        private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        private final Accounts accounts;
        private final LedgerStage stage;
        private final UsageReader reader;

        OneReplica() {
            SharedStore store = redis.store();
            accounts = new Accounts(redis.vertx(), store, meters);
            stage = new LedgerStage(accounts, new RequestMeters(meters, Set.of("cheap", "dear", "auto")));
            reader = new UsageReader(store, accounts);
        }

        Reply serve(Caller caller, Reply reply) {
            return serve(exchange(caller, "auto"), reply);
        }

        Reply serve(Exchange asked, Reply reply) {
            return stage.apply(asked, exchange -> Uni.createFrom().item(reply)).await()
                    .atMost(PATIENCE);
        }

        UsageReport usage(Dimension... groups) {
            LocalDate today = reader.today().await().atMost(PATIENCE);
            return reader.read(new UsageQuery(today, today, List.of(groups), Optional.empty())).await()
                    .atMost(PATIENCE);
        }

        UsageReport usageOf(Caller caller, Dimension... groups) {
            LocalDate today = reader.today().await().atMost(PATIENCE);
            return reader.read(new UsageQuery(today, today, List.of(groups), Optional.of(caller))).await()
                    .atMost(PATIENCE);
        }

        String scrape() {
            return meters.scrape();
        }
    }

    @Test
    void sumsOfTwoReplicasEqualTheReceiptsToTheNanoDollar() {
        OneReplica a = new OneReplica();
        OneReplica b = new OneReplica();
        Random random = new Random(42);
        List<Receipt> receipts = new ArrayList<>();
        List<Caller> callers = List.of(caller("exact-1", "k1"), caller("exact-1", "k2"), caller("exact-2", "k1"));

        for (int i = 0; i < 2000; i++) {
            Receipt receipt = randomReceipt(random);
            receipts.add(receipt);
            (random.nextBoolean() ? a : b).serve(callers.get(random.nextInt(callers.size())), answer(receipt));
        }
        a.accounts.flush().await().atMost(PATIENCE);
        b.accounts.flush().await().atMost(PATIENCE);

        UsageReport seenByA = a.usage(Dimension.TENANT, Dimension.KEY, Dimension.MODEL);
        UsageReport seenByB = b.usage(Dimension.TENANT, Dimension.KEY, Dimension.MODEL);
        List<UsageRow> rows = seenByA.rows().stream().filter(row -> row.tenant().startsWith("exact-")).toList();
        assertThat(rows).isEqualTo(seenByB.rows().stream().filter(row -> row.tenant().startsWith("exact-")).toList());
        assertThat(rows).hasSize(6);
        assertThat(sum(rows.stream().map(UsageRow::costUsd)))
                .isEqualTo(sum(receipts.stream().map(r -> r.cost().toString())));
        assertThat(sum(rows.stream().map(UsageRow::savedCacheUsd)))
                .isEqualTo(sum(receipts.stream().map(r -> r.savedByCache().toString())));
        assertThat(sum(rows.stream().map(UsageRow::savedRoutingUsd)))
                .isEqualTo(sum(receipts.stream().map(r -> r.savedByRouting().toString())));
        assertThat(rows.stream().mapToLong(UsageRow::hitsExact).sum())
                .isEqualTo(receipts.stream().filter(r -> r.cache().isPresent()).count());
        assertThat(rows.stream().mapToLong(UsageRow::inputTokens).sum()).isEqualTo(receipts.stream()
                .filter(r -> r.cache().isEmpty()).mapToLong(r -> r.usage().inputTokens()).sum());
    }

    @Test
    void whatWasServedHereIsReadAtOnce() {
        OneReplica replica = new OneReplica();
        Caller caller = caller("at-once", "k");

        replica.serve(caller, answer(Receipt.servedBy(CHEAP, 1, new Usage(1000, 0, 100), 5_000_000)));

        assertThat(replica.usageOf(caller).total().costUsd()).isEqualTo("0.00063");
    }

    @Test
    void aRowTellsEverythingOfItsRequests() {
        OneReplica replica = new OneReplica();
        Caller caller = caller("shape", "k");
        Usage usage = new Usage(1000, 400, 100);

        replica.serve(caller, answer(Receipt.servedBy(CHEAP, 1, usage, 0).routed(Optional.of("default"),
                OptionalDouble.of(0.1), new Money(5))));
        replica.serve(caller, answer(Receipt.fromCache(CHEAP, usage, new CacheStatus.ExactHit(1, 1))));
        replica.serve(caller, answer(Receipt.fromCache(CHEAP, usage,
                new CacheStatus.SemanticHit(new CacheStatus.Nearest(0.95, true, "no-sign"), "entry", 1, 1))));
        replica.serve(caller, answer(Receipt.fromCache(CHEAP, usage, new CacheStatus.Collapsed())));
        replica.serve(caller, Refusal.of(429, "rate_limit_error", "rate_limit_exceeded", "Later."));

        UsageReport report = replica.usageOf(caller, Dimension.MODEL);

        assertThat(report.rows()).containsExactly(
                new UsageRow(null, null, null, "-", 1, 1, 0, 0, 0, 0, "0", "0", "0", "0", 0, 0, 0),
                new UsageRow(null, null, null, "cheap", 4, 0, 1, 1000, 100, 400, "0.00063", "0.0001575", "0.00189",
                        "0.000000005", 1, 1, 1));
        assertThat(report.total()).isEqualTo(new UsageRow(null, null, null, null, 5, 1, 0.8, 1000, 100, 400,
                "0.00063", "0.0001575", "0.00189", "0.000000005", 1, 1, 1));
    }

    @Test
    void whoWaitsForARateAndComesAgainIsCountedWhenSomethingHasComeOfIt() {
        OneReplica replica = new OneReplica();
        Caller caller = caller("patient", "k");
        Exchange once = exchange(caller, "auto");
        Exchange patient = Exchange.of("id", once.request(), caller, once.wishes().patiently());
        Refusal busy = Refusal.of(429, "rate_limit_error", "rate_limit_exceeded", "Later.");

        replica.serve(patient, busy.retryAfter(1));
        replica.serve(patient, busy.retryAfter(1));
        replica.serve(patient, answer(Receipt.servedBy(CHEAP, 1, Usage.NONE, 0)));
        replica.serve(patient, busy); // waiting does not cure this one, so it is the end

        assertThat(replica.usageOf(caller).total()).extracting(UsageRow::requests, UsageRow::failures)
                .containsExactly(2L, 1L);
    }

    @Test
    void groupsComeInAnyOrderAndRowsAreSortedByThem() {
        OneReplica replica = new OneReplica();
        replica.serve(caller("group-b", "y"), answer(Receipt.servedBy(DEAR, 1, Usage.NONE, 0)));
        replica.serve(caller("group-a", "z"), answer(Receipt.servedBy(DEAR, 1, Usage.NONE, 0)));
        replica.serve(caller("group-a", "x"), answer(Receipt.servedBy(CHEAP, 1, Usage.NONE, 0)));

        assertThat(replica.usage(Dimension.MODEL, Dimension.TENANT, Dimension.DAY).rows())
                .filteredOn(row -> row.tenant().startsWith("group-"))
                .extracting(row -> row.model() + " " + row.tenant() + " " + row.key())
                .containsExactly("cheap group-a null", "dear group-a null", "dear group-b null");
        assertThat(replica.usage(Dimension.KEY).rows()).extracting(UsageRow::key).contains("x", "y", "z").isSorted();
        assertThat(replica.usage().rows()).singleElement().isEqualTo(replica.usage().total());
    }

    @Test
    void aKeySeesItsOwnFiguresOnly() {
        OneReplica replica = new OneReplica();
        for (String key : List.of("team", "team.a", "team-b", "tea")) {
            replica.serve(caller("own", key), answer(Receipt.servedBy(CHEAP, 1, Usage.NONE, 0)));
        }

        UsageReport own = replica.usageOf(caller("own", "team"), Dimension.DAY);
        UsageReport none = replica.usageOf(caller("own", "unknown"), Dimension.DAY);

        assertThat(own.total().requests()).isOne();
        assertThat(none.rows()).isEmpty();
        assertThat(none.total().requests()).isZero();
    }

    @Test
    void manyRowsAreReadPageByPage() {
        OneReplica replica = new OneReplica();
        for (int i = 0; i < 3000; i++) {
            replica.serve(caller("many", "key-" + i), answer(Receipt.servedBy(CHEAP, 1, new Usage(1, 0, 1), 0)));
        }

        List<UsageRow> rows = replica.usage(Dimension.TENANT, Dimension.KEY).rows().stream()
                .filter(row -> row.tenant().equals("many")).toList();

        assertThat(rows).hasSize(3000).allMatch(row -> row.requests() == 1 && row.outputTokens() == 1);
    }

    @Test
    void whatItsSettlementBookedIsNotBookedAgainButItsTenantIsFound() {
        OneReplica replica = new OneReplica();
        Caller caller = caller("settled", "k");

        replica.serve(caller, answer(Receipt.servedBy(CHEAP, 1, new Usage(10, 0, 10), 0).asBooked()));
        replica.accounts.flush().await().atMost(PATIENCE);

        assertThat(replica.usageOf(caller).total().requests()).isZero();
        assertThat(replica.accounts.waiting()).isZero();
        assertThat(redis.store().call(io.vertx.redis.client.Command.SISMEMBER, "test:v1:tenants", "settled").await()
                .atMost(PATIENCE).toInteger()).isOne();
        assertThat(replica.scrape())
                .contains("sluice_requests_total{cache=\"bypass\",model=\"cheap\",outcome=\"success\",} 1.0");
    }

    @Test
    void aClientThatWentAwayIsAFailure() {
        OneReplica replica = new OneReplica();
        Caller caller = caller("gone", "k");

        replica.stage.apply(exchange(caller, "auto"), exchange -> Uni.createFrom().nothing()).subscribe()
                .with(reply -> {}).cancel();

        UsageRow total = replica.usageOf(caller).total();
        assertThat(total.requests()).isOne();
        assertThat(total.failures()).isOne();
        assertThat(replica.scrape()).contains("outcome=\"cancelled\",} 1.0");
    }

    @Test
    void whatHasComeAndNotGoneIsInFlight() {
        OneReplica replica = new OneReplica();
        Caller caller = caller("open", "k");

        Cancellable open = replica.stage.apply(exchange(caller, "auto"), exchange -> Uni.createFrom().nothing())
                .subscribe().with(reply -> {});
        replica.serve(caller, answer(Receipt.servedBy(CHEAP, 1, Usage.NONE, 1)));

        assertThat(replica.scrape()).contains("sluice_requests_in_flight 1.0");
        open.cancel();
        assertThat(replica.scrape()).contains("sluice_requests_in_flight 0.0");
    }

    @Test
    void aDefectIsAFailureToo() {
        OneReplica replica = new OneReplica();
        Caller caller = caller("defect", "k");

        replica.stage.apply(exchange(caller, "auto"),
                exchange -> Uni.createFrom().failure(new IllegalStateException("a defect"))).subscribe()
                .with(reply -> {}, defect -> {});

        assertThat(replica.usageOf(caller).total().failures()).isOne();
    }

    @Test
    void theMetersCarryTheNamesOfTheContract() {
        OneReplica replica = new OneReplica();
        Caller caller = caller("meters", "k");
        Usage usage = new Usage(1000, 0, 100);

        replica.serve(caller, answer(Receipt.servedBy(CHEAP, 2, usage, 5_000_000)
                .with(new CacheStatus.Miss(true))
                .routed(Optional.empty(), OptionalDouble.empty(), new Money(2_500_000))));
        replica.serve(caller, answer(Receipt.fromCache(CHEAP, usage, new CacheStatus.ExactHit(1, 1))));
        replica.serve(caller,
                Refusal.of(503, "server_error", "circuit_open", "Later.").with(Receipt.failed(1, false, 1)));
        replica.stage.apply(exchange(caller, "a name that a client made up"),
                exchange -> Uni.createFrom().item(answer(Receipt.servedBy(DEAR, 1, usage, 1)))).await()
                .atMost(PATIENCE);

        assertThat(replica.scrape().lines()).contains(
                "sluice_requests_total{cache=\"miss\",model=\"cheap\",outcome=\"success\",} 1.0",
                "sluice_requests_total{cache=\"exact\",model=\"cheap\",outcome=\"success\",} 1.0",
                "sluice_requests_total{cache=\"bypass\",model=\"-\",outcome=\"server_error\",} 1.0",
                "sluice_cost_total{model=\"cheap\",} 6.3E-4",
                "sluice_saved_total{by=\"cache\",model=\"cheap\",} 6.3E-4",
                "sluice_saved_total{by=\"routing\",model=\"cheap\",} 0.0025",
                "sluice_overhead_seconds_count 4.0",
                "gen_ai_client_token_usage_sum{gen_ai_request_model=\"auto\",gen_ai_response_model=\"cheap\",gen_ai_token_type=\"input\",} 1000.0",
                "gen_ai_client_token_usage_sum{gen_ai_request_model=\"auto\",gen_ai_response_model=\"cheap\",gen_ai_token_type=\"output\",} 100.0",
                "gen_ai_client_token_usage_sum{gen_ai_request_model=\"-\",gen_ai_response_model=\"dear\",gen_ai_token_type=\"output\",} 100.0",
                "gen_ai_client_operation_duration_seconds_sum{gen_ai_operation_name=\"chat\",gen_ai_request_model=\"auto\",gen_ai_response_model=\"cheap\",} 0.005")
                .noneMatch(line -> line.contains("made up"));
    }

    private static java.math.BigDecimal sum(java.util.stream.Stream<String> amounts) {
        return amounts.map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add).stripTrailingZeros();
    }

    private static Receipt randomReceipt(Random random) {
        Model model = random.nextBoolean() ? CHEAP : DEAR;
        long input = random.nextInt(1_000_000);
        Usage usage = new Usage(input, random.nextLong(input + 1), random.nextInt(100_000));
        if (random.nextInt(3) == 0) {
            return Receipt.fromCache(model, usage, new CacheStatus.ExactHit(1, 1));
        }
        return Receipt.servedBy(model, 1, usage, 1000).routed(Optional.empty(), OptionalDouble.empty(),
                new Money(random.nextLong(-1_000_000_007L, 1_000_000_007L)));
    }

    private static Answer answer(Receipt receipt) {
        return new Answer(200, "application/json", new byte[0], receipt);
    }

    private static Model model(String name, String input, String output) {
        return new Model(name, "p", name, Optional.of(new Price(new BigDecimal(input), new BigDecimal(input),
                new BigDecimal(output))), 1, 0, List.of());
    }

    private static Caller caller(String tenant, String key) {
        return new Caller(key, tenant, Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
    }

    private static Exchange exchange(Caller caller, String model) {
        Json body = Json.parse("{}".getBytes(StandardCharsets.UTF_8));
        return Exchange.of("id", new Request(Endpoint.CHAT_COMPLETIONS, body, model, "hello", 0, 1), caller,
                Wishes.NONE);
    }
}
