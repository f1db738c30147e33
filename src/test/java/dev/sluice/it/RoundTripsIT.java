package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.Load.Result;
import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Test;

/** What a request costs in round trips to Redis, as Redis itself sees it. */
class RoundTripsIT {
    private static final Logger LOG = Logger.getLogger(RoundTripsIT.class);
    private static final int QUIET_MILLIS = 400;

    @Test
    void atMostTwoBeforeTheCallOfAMissAtMostTwoAfterItAndOneForAHit() throws IOException {
        try (TestRedis redis = TestRedis.start();
                MockProvider provider = MockProvider.start().always(Act.ok().after(Duration.ofMillis(200)));
                Load load = new Load(1)) {
            Map<String, String> properties = World.properties(redis, provider);
            properties.put("sluice.cache.semantic.enabled", "false"); // a look-up of its own, counted where it is tested
            properties.put("sluice.keys.team-a.requests-per-minute", "6000");
            properties.put("sluice.keys.team-a.tokens-per-minute", "1000000");
            properties.put("sluice.keys.team-a.budget-usd-per-day", "100");
            try (Replica replica = Replica.start(properties)) {
                load.ask(replica, "team-a", Load.chat("cheap", "to have the scripts loaded", 9)).join();
                try (Monitor monitor = new Monitor(redis.port())) {
                    monitor.awaitInterval();
                    String body = Load.chat("cheap", "what is the way of a request?", 9);
                    Result miss = load.ask(replica, "team-a", body).join();
                    List<String> ofMiss = monitor.untilQuiet();
                    Result hit = load.ask(replica, "team-a", body).join();
                    List<String> ofHit = monitor.untilQuiet();
                    LOG.infof("miss:\n%s\nhit:\n%s", String.join("\n", ofMiss), String.join("\n", ofHit));

                    assertThat(miss.cacheStatus()).isEqualTo("sluice; fwd=miss; stored");
                    assertThat(hit.cacheStatus()).contains("hit");
                    double called = Monitor.at(ofMiss.get(0)) + 0.1; // the provider takes 0.2 s
                    long before = ofMiss.stream().filter(line -> Monitor.at(line) < called)
                            .filter(RoundTripsIT::ofOneRequest).count();
                    long after = ofMiss.stream().filter(line -> Monitor.at(line) >= called)
                            .filter(RoundTripsIT::ofOneRequest).count();
                    assertThat(before).isBetween(1L, 2L);
                    assertThat(after).isBetween(1L, 2L);
                    assertThat(ofHit.stream().filter(RoundTripsIT::ofOneRequest)).hasSize(1);
                }
            }
        }
    }

    /**
     * Accounts, index and statistics are written for all requests of an interval together, purges read once in it; and
     * twenty times a second, while calls run, a replica asks once for all of them whether others wait for one.
     */
    private static boolean ofOneRequest(String line) {
        return !(line.contains(":purges\"") || line.contains(":followers:") || line.contains(":cache:hits\"")
                || line.contains(":cache:requests\"")
                || line.contains(":totals\"") || line.contains(":usage:\""));
    }

    /** Redis' MONITOR: every command as it comes in; what a script does inside is not a round trip. */
    private static final class Monitor implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader lines;

        Monitor(int port) throws IOException {
            socket = new Socket("127.0.0.1", port);
            socket.setSoTimeout(QUIET_MILLIS);
            lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            socket.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(lines.readLine()).isEqualTo("+OK");
        }

        /** Until everything that is written once an interval has been written once. */
        void awaitInterval() throws IOException {
            long end = System.nanoTime() + Duration.ofMillis(2500).toNanos();
            while (System.nanoTime() < end) {
                untilQuiet();
            }
        }

        List<String> untilQuiet() throws IOException {
            List<String> seen = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            while (System.nanoTime() < deadline) {
                try {
                    String line = lines.readLine();
                    if (!line.contains(" lua] ") && !background(line)) {
                        seen.add(line.length() > 160 ? line.substring(0, 160) : line);
                    }
                } catch (SocketTimeoutException quiet) {
                    return seen;
                }
            }
            return seen;
        }

        /** What a replica does now and then, whether anybody asks or not. */
        private static boolean background(String line) {
            return line.contains("probe") || line.contains("replicas") || line.contains(":latencies\"")
                    || line.toLowerCase(Locale.ROOT).contains("\"ping\"")
                    || line.contains("smembers") || line.contains("\"1\" \"sluice:v1:{t:a}:limit:leases\"")
                    || line.contains("\"eval\" \"-- What");
        }

        static double at(String line) {
            return Double.parseDouble(line.substring(1, line.indexOf(' ')));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
