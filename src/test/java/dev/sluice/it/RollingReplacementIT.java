package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.Load.Result;
import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Piece;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** New replicas take over from old ones, one after the other, while requests come: none is lost, and none is unpaid. */
class RollingReplacementIT {
    private static final Logger LOG = Logger.getLogger(RollingReplacementIT.class);
    private static final int REPLACEMENTS = 4;
    private static final int CLIENTS = 16;
    private static final int EVENTS = 20;

    @TempDir
    Path folder;

    @Test
    void replacingEveryReplicaTwiceUnderLoadLosesNoRequest() throws Exception {
        replaceUnderLoad(Act.ok().after(Duration.ofMillis(100)),
                question -> Load.chat("cheap", question, 10), Result::ok);
    }

    @Test
    void replacingEveryReplicaTwiceCutsNoStreamOff() throws Exception {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            pieces.add(
                    new Piece(Duration.ofMillis(50), "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"<" + i
                            + ">\"},\"finish_reason\":null}]}\n\n"));
        }
        pieces.add(new Piece(Duration.ZERO,
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":20,\"total_tokens\":29}}\n\n"
                        + "data: [DONE]\n\n"));

        replaceUnderLoad(Act.pieces(pieces),
                question -> "{\"stream\":true," + Load.chat("cheap", question, 100).substring(1),
                result -> result.ok() && result.body().endsWith("data: [DONE]\n\n")
                        && IntStream.range(0, EVENTS).allMatch(i -> result.body().contains("<" + i + ">")));
    }

    private void replaceUnderLoad(Act act, UnaryOperator<String> body, Predicate<Result> good) throws Exception {
        try (TestRedis redis = TestRedis.start();
                MockProvider provider = MockProvider.start().always(act);
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
                    next(load, front, body, go, results, open, i, 0);
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
                assertThat(results.stream().filter(result -> !good.test(result)).map(Result::body).distinct().limit(3))
                        .as("answers that are not whole").isEmpty();
                assertThat(provider.calls()).hasSameSizeAs(results);
            } finally {
                if (balancer != null) {
                    balancer.destroy();
                }
                running.forEach(Replica::close);
            }
        }
    }

    private static void next(Load load, URI front, UnaryOperator<String> body, AtomicBoolean go,
            Queue<Result> results, AtomicInteger open, int client, int turn) {
        load.ask(front, "team-a", body.apply("question " + turn + " of client " + client))
                .thenAccept(result -> {
                    results.add(result);
                    if (go.get()) {
                        next(load, front, body, go, results, open, client, turn + 1);
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
