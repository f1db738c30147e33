package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.redis.TestRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Long batches through the packaged gateway, whose heap is 256 MiB; {@code -Dbatch.lines=100000} for longer ones. */
class BatchIT {
    private static final int LINES = Integer.getInteger("batch.lines", 20_000);
    /** Of long lines: some kernels keep 33 MB of what nobody reads. */
    private static final int MORE_THAN_KERNELS_KEEP = 20_000;
    private static final String LONG = " ".repeat(8_000);
    private static final int AT_ONCE = 100;

    private static TestRedis redis;
    private static Replica replica;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("quarkus.redis.hosts", redis.uri());
        properties.put("sluice.redis.timeout", "10s");
        properties.put("sluice.providers.sim.type", "simulated");
        properties.put("sluice.providers.sim.latency", "1ms");
        properties.put("sluice.cache.semantic.enabled", "false");
        properties.put("sluice.models.m.provider", "sim");
        properties.put("sluice.models.m.input", "1");
        properties.put("sluice.models.m.output", "2");
        properties.put("sluice.keys.team-a.secret", World.secret("team-a"));
        properties.put("sluice.keys.team-a.requests-per-minute", "0");
        properties.put("sluice.keys.team-a.tokens-per-minute", "0");
        replica = Replica.start(properties);
    }

    @AfterAll
    static void stop() {
        if (replica != null) {
            replica.close();
        }
        if (redis != null) {
            redis.close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true})
    void allLinesAreAnsweredOnceEachInBoundedMemory(boolean ordered) throws IOException {
        long begun = System.nanoTime();
        AtomicInteger sent = new AtomicInteger();
        BitSet answered = new BitSet(LINES);
        JsonNode summary = null;
        try (BatchCall batch = BatchCall.open(uri(), "team-a", "?ordered=" + ordered)) {
            CompletableFuture<Void> sending = send(batch, LINES, "", sent);
            int next = 0;
            for (JsonNode line = batch.read(); line != null; line = batch.read()) {
                if (line.has("summary")) {
                    summary = line.get("summary");
                    continue;
                }
                int id = Integer.parseInt(line.get("custom_id").textValue());
                assertThat(answered.get(id)).as("answered before: %s", id).isFalse();
                answered.set(id);
                if (ordered) {
                    assertThat(id).isEqualTo(next++);
                }
            }
            sending.join();
        }

        assertThat(answered.cardinality()).isEqualTo(LINES);
        assertThat(summary.get("total").intValue()).isEqualTo(LINES);
        assertThat(summary.get("succeeded").intValue()).isEqualTo(LINES);
        tell((ordered ? "ordered: " : "as they finish: ") + LINES + " lines in "
                + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) + " ms, " + memory());
    }

    /** What neither end can take stays with the sender: the gateway keeps its slots' lines, the kernels their buffers. */
    @Test
    void aReaderThatDoesNotReadStopsTheSender() throws Exception {
        try (BatchCall batch = BatchCall.open(uri(), "team-a", "")) {
            AtomicInteger sent = new AtomicInteger();
            CompletableFuture<Void> sending = send(batch, MORE_THAN_KERNELS_KEEP, LONG, sent);

            int stopped = stoppedAt(sent, sending);

            assertThat(stopped).isLessThan(MORE_THAN_KERNELS_KEEP);
            assertThat(sending).isNotDone();
            tell("a reader that does not read: the sender got rid of " + stopped + " lines, " + memory());
            int lines = 0;
            while (batch.read() != null) {
                lines++;
            }
            assertThat(lines).isEqualTo(MORE_THAN_KERNELS_KEEP + 1);
            sending.get(10, TimeUnit.SECONDS);
        }
    }

    /** Lines sent so far, once that has not changed for two seconds. */
    private static int stoppedAt(AtomicInteger sent, CompletableFuture<Void> sending) throws Exception {
        int before = -1;
        while (sent.get() != before) {
            before = sent.get();
            try {
                sending.get(2, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                // that is what is hoped for
            }
        }
        return before;
    }

    private static CompletableFuture<Void> send(BatchCall batch, int lines, String more, AtomicInteger sent) {
        return CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; i < lines; i += AT_ONCE) {
                    StringBuilder some = new StringBuilder();
                    for (int j = i; j < i + AT_ONCE; j++) {
                        some.append(
                                BatchCall.line(Integer.toString(j), "m", "What is " + j + " in words? " + lines + more))
                                .append('\n');
                    }
                    batch.send(some.toString().getBytes(StandardCharsets.UTF_8));
                    sent.addAndGet(AT_ONCE);
                }
                batch.sendEnd();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }, task -> {
            Thread thread = new Thread(task, "batch-sender");
            thread.setDaemon(true);
            thread.start();
        });
    }

    /** For whoever wants the figures: target/batch.txt. */
    private static void tell(String figures) throws IOException {
        Files.writeString(Path.of("target", "batch.txt"), figures + "\n", StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    private static URI uri() {
        return replica.uri();
    }

    /** Linux only: what the gateway's process has taken at most. */
    private static String memory() throws IOException {
        Path status = Path.of("/proc", Long.toString(replica.process().pid()), "status");
        return Files.exists(status)
                ? Files.readAllLines(status).stream().filter(line -> line.startsWith("VmHWM")).findFirst().orElse("")
                : "";
    }
}
