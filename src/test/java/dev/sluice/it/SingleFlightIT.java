package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.Load.Result;
import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A thousand identical requests at once over two replicas of the packaged gateway, and a replica that dies. */
class SingleFlightIT {
    private static final Logger LOG = Logger.getLogger(SingleFlightIT.class);
    private static final int ASKED = 1000;

    private static TestRedis redis;
    private static MockProvider provider;
    private static Map<String, String> properties;
    private static Replica a;
    private static Replica b;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        provider = MockProvider.start().always(Act.ok().after(Duration.ofSeconds(2)));
        properties = World.properties(redis, provider);
        properties.put("sluice.providers.mock.timeout", "60s");
        properties.put("sluice.providers.mock.first-byte-timeout", "60s");
        a = Replica.start(properties);
        b = Replica.start(properties);
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
        provider.close();
        redis.close();
    }

    @Test
    void aThousandWholeAreOneCall() {
        areOneCall("whole", Load.chat("cheap", "a thousand whole", 9));
    }

    @Test
    void aThousandStreamedAreOneCall() {
        areOneCall("streamed", Load.chat("cheap", "a thousand streamed", 9).replace("{\"model\"",
                "{\"stream\":true,\"model\""));
    }

    private static void areOneCall(String what, String body) {
        int before = provider.calls().size();
        List<Result> results;
        long start = System.nanoTime();
        try (Load load = new Load(ASKED)) {
            List<CompletableFuture<Result>> asked = new ArrayList<>();
            for (int i = 0; i < ASKED; i++) {
                asked.add(load.ask(i % 2 == 0 ? a : b, "team-a", body));
            }
            results = Load.all(asked, 110);
        }
        long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
        long collapsed = results.stream().filter(r -> "sluice; fwd=miss; collapsed".equals(r.cacheStatus())).count();
        LOG.infof("%d %s over two replicas: %d calls of the provider, %d collapsed, %d ms", ASKED, what,
                provider.calls().size() - before, collapsed, millis);

        assertThat(results).allSatisfy(result -> assertThat(result.status()).as(result.body()).isEqualTo(200));
        assertThat(provider.calls().size() - before).isEqualTo(1);
        assertThat(results).filteredOn(result -> result.cacheStatus().startsWith("sluice; fwd=miss")
                && !result.cacheStatus().endsWith("collapsed")).hasSize(1);
        assertThat(results.stream().map(result -> withoutCost(result.body())).distinct()).hasSize(1);
    }

    /** What a stream costs is said in it: something to the leader, nothing to the others. */
    private static String withoutCost(String body) {
        return body.replaceAll(": sluice cost-usd=[0-9.]+\n\n", "");
    }
}
