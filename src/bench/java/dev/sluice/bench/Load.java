package dev.sluice.bench;

import io.hyperfoil.api.config.BaseSequenceBuilder;
import io.hyperfoil.api.config.Benchmark;
import io.hyperfoil.api.config.BenchmarkBuilder;
import io.hyperfoil.api.config.PhaseBuilder;
import io.hyperfoil.api.statistics.StatisticsSnapshot;
import io.hyperfoil.api.statistics.StatsExtension;
import io.hyperfoil.core.impl.LocalSimulationRunner;
import io.hyperfoil.http.api.HttpMethod;
import io.hyperfoil.http.config.HttpPluginBuilder;
import io.hyperfoil.http.statistics.HttpStats;
import io.hyperfoil.http.steps.HttpStepCatalog;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * Sends requests with Hyperfoil, from one thread, over loopback. A closed loop keeps each connection busy with one request
 * after the other; an open loop starts requests at a rate, whatever becomes of the earlier ones, and so sees the waiting
 * that a closed loop hides (coordinated omission).
 */
final class Load {
    static final int OPEN_LOOP_CONNECTIONS = 256;
    private static final int OPEN_LOOP_SESSIONS = 4096;
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(5);
    private static final String PHASE = "load";

    private final int port;
    private final String path;
    private final String secret;
    private final Questions questions;
    private final int expectedStatus;

    /** @param secret of the key that asks */
    Load(int port, String path, String secret, Questions questions, int expectedStatus) {
        this.port = port;
        this.path = path;
        this.secret = secret;
        this.questions = questions;
        this.expectedStatus = expectedStatus;
    }

    /**
     * What was seen.
     *
     * @param answers complete responses of the expected status
     * @param faults all others, time-outs and broken connections too
     * @param seconds from the first request to the last answer
     * @param latencies ns
     */
    record Seen(long answers, long faults, double seconds, Histogram latencies) {
        double perSecond() {
            return answers / seconds;
        }

        double millis(double percentile) {
            return latencies.getValueAtPercentile(percentile) / 1e6;
        }
    }

    Seen closedLoop(int connections, Duration duration) {
        BenchmarkBuilder benchmark = benchmark(connections);
        return run(benchmark, benchmark.addPhase(PHASE).always(connections), duration);
    }

    Seen openLoop(double perSecond, Duration duration) {
        BenchmarkBuilder benchmark = benchmark(OPEN_LOOP_CONNECTIONS);
        return run(benchmark, benchmark.addPhase(PHASE).constantRate(0).usersPerSec(perSecond).variance(false)
                .maxSessions(OPEN_LOOP_SESSIONS), duration);
    }

    private BenchmarkBuilder benchmark(int connections) {
        BenchmarkBuilder benchmark = BenchmarkBuilder.builder().name(PHASE).threads(1)
                .failurePolicy(Benchmark.FailurePolicy.CONTINUE);
        HttpPluginBuilder http = benchmark.addPlugin(HttpPluginBuilder::new);
        http.http().host("127.0.0.1").port(port).allowHttp2(false).sharedConnections(connections).endHttp();
        // A status other than 2xx is for us to judge, and must not close the connection.
        http.ergonomics().autoRangeCheck(false).stopOnInvalid(false);
        return benchmark;
    }

    private Seen run(BenchmarkBuilder benchmark, PhaseBuilder<?> phase, Duration duration) {
        BaseSequenceBuilder<?> sequence = phase.duration(duration.toMillis())
                .maxDuration(duration.plus(LAST_ANSWERS).toMillis()).scenario().initialSequence(PHASE);
        sequence.step(HttpStepCatalog.SC).httpRequest(HttpMethod.POST).path(path).headers()
                .header("Content-Type", "application/json").header("Authorization", "Bearer " + secret).endHeaders()
                .body((session, connection) -> Unpooled.wrappedBuffer(questions.next())).sync(true);
        StatisticsSnapshot total = new StatisticsSnapshot();
        new LocalSimulationRunner(benchmark.build(), (p, step, metric, seen, done) -> {
            synchronized (total) {
                total.add(seen);
            }
        }, null, null).run();
        return seen(total);
    }

    private Seen seen(StatisticsSnapshot total) {
        long answers = 0;
        for (StatsExtension extension : total.extensions.values()) {
            if (extension instanceof HttpStats http) {
                answers += switch (expectedStatus / 100) {
                    case 2 -> http.status_2xx;
                    case 4 -> http.status_4xx;
                    default -> http.status_5xx;
                };
            }
        }
        Histogram latencies = total.histogram;
        double seconds = (latencies.getEndTimeStamp() - latencies.getStartTimeStamp()) / 1e3;
        return new Seen(answers, total.requestCount - answers, seconds, latencies);
    }
}
