package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.Load.Result;
import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** New replicas take over from old ones, one after the other, while requests come: none is lost, and none is unpaid. */
class RollingReplacementIT {
    private static final Logger LOG = Logger.getLogger(RollingReplacementIT.class);
    private static final int REPLACEMENTS = 4;
    private static final int CLIENTS = 16;

    @TempDir
    Path folder;

    @Test
    void replacingEveryReplicaTwiceUnderLoadLosesNoRequest() throws Exception {
        try (TestRedis redis = TestRedis.start();
                MockProvider provider = MockProvider.start().always(Act.ok().after(Duration.ofMillis(100)));
                Load load = new Load(CLIENTS)) {
            Map<String, String> properties = World.properties(redis, provider);
            properties.put("quarkus.shutdown.delay", "1s");
            properties.put("sluice.providers.mock.timeout", "30s"); // starting replicas take all of a small machine
            Deque<Replica> running = new ArrayDeque<>();
            Process balancer = null;
            try {
                running.add(Replica.start(properties));
                running.add(Replica.start(properties));
                balancer = balance(running);
                URI front = address(balancer);
                AtomicBoolean go = new AtomicBoolean(true);
                Queue<Result> results = new ConcurrentLinkedQueue<>();
                AtomicInteger open = new AtomicInteger();
                for (int i = 0; i < CLIENTS; i++) {
                    open.incrementAndGet();
                    next(load, front, go, results, open, i, 0);
                }

                for (int i = 0; i < REPLACEMENTS; i++) {
                    Replica young = Replica.start(properties);
                    running.addLast(young);
                    list(running);
                    int before = results.size();
                    Replica old = running.removeFirst();
                    old.process().destroy(); // SIGTERM
                    assertThat(old.process().waitFor(60, TimeUnit.SECONDS)).as("ended in time").isTrue();
                    assertThat(old.process().exitValue()).as(() -> String.join("\n", old.output())).isZero();
                    list(running);
                    LOG.infof("replaced %d, answered meanwhile %d", i + 1, results.size() - before);
                }
                go.set(false);
                long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                while (open.get() > 0 && System.nanoTime() < deadline) {
                    Thread.onSpinWait();
                }

                assertThat(open).hasValue(0);
                Map<Integer, Long> byStatus = results.stream()
                        .collect(Collectors.groupingBy(Result::status, Collectors.counting()));
                LOG.infof("%d replacements under load: answers by status %s, provider calls %d", REPLACEMENTS, byStatus,
                        provider.calls().size());
                assertThat(results.stream().filter(result -> !result.ok()).map(Result::body).distinct().limit(3))
                        .as("answers other than 200").isEmpty();
                assertThat(byStatus).containsOnlyKeys(200);
                assertThat(provider.calls()).hasSameSizeAs(results);
            } finally {
                if (balancer != null) {
                    balancer.destroy();
                }
                running.forEach(Replica::close);
            }
        }
    }

    private static void next(Load load, URI front, AtomicBoolean go, Queue<Result> results, AtomicInteger open,
            int client, int turn) {
        load.ask(front, "team-a", Load.chat("cheap", "question " + turn + " of client " + client, 10))
                .thenAccept(result -> {
                    results.add(result);
                    if (go.get()) {
                        next(load, front, go, results, open, client, turn + 1);
                    } else {
                        open.decrementAndGet();
                    }
                });
    }

    /** The one that deploy/try uses. */
    private Process balance(Iterable<Replica> replicas) throws IOException {
        list(replicas);
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m",
                "deploy/balancer/Balancer.java", "0", listFile().toString()).redirectErrorStream(true).start();
    }

    private static URI address(Process balancer) throws IOException {
        BufferedReader lines = new BufferedReader(
                new InputStreamReader(balancer.getInputStream(), StandardCharsets.UTF_8));
        String line = lines.readLine();
        assertThat(line).startsWith("balancing on ");
        return URI.create(line.substring("balancing on ".length()));
    }

    private void list(Iterable<Replica> replicas) throws IOException {
        StringBuilder text = new StringBuilder();
        replicas.forEach(replica -> text.append(replica.uri()).append('\n'));
        Path next = Files.writeString(folder.resolve("next"), text);
        Files.move(next, listFile(), java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private Path listFile() {
        return folder.resolve("replicas");
    }
}
