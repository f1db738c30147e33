package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Money;
import dev.sluice.Price;
import dev.sluice.it.Load.Result;
import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Test;

/** Two thousand requests at once, from two replicas, at a budget that covers three hundred of them. */
class BudgetIT {
    private static final Logger LOG = Logger.getLogger(BudgetIT.class);
    private static final int REQUESTS = 2000;
    private static final int COVERED = 300;
    private static final Price PRICE = new Price(new BigDecimal("1000"), new BigDecimal("1000"),
            new BigDecimal("2000"));

    @Test
    void theBudgetIsUsedUpAndNotOvershotAndAllAccountsAgree() throws IOException, InterruptedException {
        run(false);
    }

    @Test
    void neitherWhenAReplicaIsKilledInTheMiddle() throws IOException, InterruptedException {
        run(true);
    }

    private void run(boolean kill) throws IOException, InterruptedException {
        try (TestRedis redis = TestRedis.start();
                MockProvider provider = MockProvider.start().always(Act.ok().after(Duration.ofMillis(150)));
                Load load = new Load(512)) {
            Money each = price(provider, redis);
            Money budget = new Money(each.nanos() * COVERED);
            Map<String, String> properties = properties(redis, provider);
            properties.put("sluice.keys.team-a.budget-usd-per-day", budget.toString());
            try (Replica a = Replica.start(properties); Replica b = Replica.start(properties)) {
                int callsBefore = provider.calls().size();
                long billedBefore = provider.billed().totalTokens();
                List<CompletableFuture<Result>> asked = new ArrayList<>();
                for (int i = 0; i < REQUESTS; i++) {
                    asked.add(load.ask(i % 2 == 0 ? a : b, "team-a", question(i)));
                    if (kill && i == REQUESTS / 2) {
                        provider.awaitCalls(callsBefore + 100, Duration.ofSeconds(30));
                        a.kill();
                    }
                }
                List<Result> results = new ArrayList<>(Load.all(asked, 120));
                BigDecimal limit = new BigDecimal(budget.toString());
                // What was reserved too much, or by the replica that died, is there for others to spend in the end.
                long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                int more = 0;
                while (usage(b).compareTo(limit.multiply(new BigDecimal("0.99"))) < 0 && System.nanoTime() < deadline) {
                    results.add(load.ask(b, "team-a", question(REQUESTS + more++)).join());
                }
                BigDecimal answered = results.stream().filter(Result::ok).map(Result::cost).reduce(BigDecimal.ZERO,
                        BigDecimal::add);
                BigDecimal paid = new BigDecimal(PRICE.cost(provider.billed()).toString())
                        .subtract(new BigDecimal(each.toString()));
                if (kill) {
                    JsonNode used = awaitUsage(b, usage -> new BigDecimal(usage.path("cost_usd").asText())
                            .compareTo(limit.multiply(new BigDecimal("0.99"))) >= 0, 5);
                    BigDecimal spent = new BigDecimal(used.path("cost_usd").asText());
                    LOG.infof("killed: budget %s, usage %s, answered %s, provider %s, calls %d, ok %d", limit, spent,
                            answered,
                            paid, provider.calls().size() - callsBefore, Load.counts(results, 200)[0]);
                    assertThat(spent).isLessThanOrEqualTo(limit).isGreaterThanOrEqualTo(answered);
                    assertThat(paid).isLessThanOrEqualTo(spent);
                    assertThat(spent.doubleValue()).isGreaterThanOrEqualTo(limit.doubleValue() * 0.99);
                } else {
                    JsonNode used = awaitUsage(b, usage -> new BigDecimal(usage.path("cost_usd").asText())
                            .compareTo(answered) == 0, 10);
                    BigDecimal spent = new BigDecimal(used.path("cost_usd").asText());
                    LOG.infof("budget %s, usage %s, answered %s, provider %s, ok %d, 429 %d", limit, spent, answered,
                            paid,
                            Load.counts(results, 200)[0], Load.counts(results, 429)[0]);
                    assertThat(spent).isEqualByComparingTo(answered).isEqualByComparingTo(paid)
                            .isLessThanOrEqualTo(limit);
                    assertThat(spent.doubleValue()).isCloseTo(limit.doubleValue(), within(limit.doubleValue() * 0.01));
                    assertThat(used.path("input_tokens").asLong() + used.path("output_tokens").asLong())
                            .isEqualTo(provider.billed().totalTokens() - billedBefore);
                }
                assertThat(results).filteredOn(r -> !r.ok() && r.status() != 0).allSatisfy(r -> {
                    assertThat(r.status()).isEqualTo(429);
                    assertThat(r.body()).contains("insufficient_quota");
                });
            }
        }
    }

    /** What one of these questions costs, as the gateway itself says. */
    private static Money price(MockProvider provider, TestRedis redis) {
        try (Replica one = Replica.start(properties(redis, provider)); Load load = new Load(1)) {
            Result result = load.ask(one, "team-b", question(0)).join();
            assertThat(result.status()).as(result.body()).isEqualTo(200);
            return Money.ofUsd(result.cost());
        }
    }

    private static Map<String, String> properties(TestRedis redis, MockProvider provider) {
        Map<String, String> properties = World.properties(redis, provider);
        properties.put("sluice.models.dear.provider", "mock");
        properties.put("sluice.models.dear.input", PRICE.input().toString());
        properties.put("sluice.models.dear.output", PRICE.output().toString());
        properties.put("sluice.providers.mock.max-concurrent", "1024");
        properties.put("sluice.providers.mock.timeout", "20s");
        properties.put("sluice.cache.enabled", "false");
        return properties;
    }

    /** All of one length, so that all cost the same. */
    private static String question(int i) {
        return Load.chat("dear", "q%05d".formatted(i), 7);
    }

    private static BigDecimal usage(Replica replica) throws IOException, InterruptedException {
        return new BigDecimal(awaitUsage(replica, any -> true, 0).path("cost_usd").asText());
    }

    private static JsonNode awaitUsage(Replica replica, Predicate<JsonNode> expected, long seconds)
            throws IOException, InterruptedException {
        HttpClient http = HttpClient.newHttpClient();
        long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        while (true) {
            String body = http.send(HttpRequest.newBuilder(replica.uri().resolve("/v1/usage"))
                    .header("Authorization", "Bearer " + World.secret("team-a")).build(), BodyHandlers.ofString())
                    .body();
            JsonNode total = new ObjectMapper().readTree(body).path("total");
            if (expected.test(total) || System.nanoTime() > deadline) {
                return total;
            }
        }
    }
}
