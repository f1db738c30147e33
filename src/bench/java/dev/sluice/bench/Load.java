package dev.sluice.bench;

import io.hyperfoil.api.config.BaseSequenceBuilder;
import io.hyperfoil.api.config.Benchmark;
import io.hyperfoil.api.config.BenchmarkBuilder;
import io.hyperfoil.api.config.PhaseBuilder;
import io.hyperfoil.api.processor.Processor;
import io.hyperfoil.api.session.Session;
import io.hyperfoil.api.statistics.StatisticsSnapshot;
import io.hyperfoil.api.statistics.StatsExtension;
import io.hyperfoil.core.impl.LocalSimulationRunner;
import io.hyperfoil.http.api.HttpMethod;
import io.hyperfoil.http.config.HttpPluginBuilder;
import io.hyperfoil.http.statistics.HttpStats;
import io.hyperfoil.http.steps.HttpStepCatalog;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/**
 * Sends requests with Hyperfoil, from one thread, over loopback. A closed loop keeps each connection busy with one request
 * after the other; an open loop starts requests at a rate, whatever becomes of the earlier ones, and so sees the waiting
 * that a closed loop hides (coordinated omission). Its latencies count from when a request was to be sent, so that what
 * waits for a free connection, or for this generator itself, counts too.
 */
final class Load {
    static final int OPEN_LOOP_CONNECTIONS = 256;
    private static final int OPEN_LOOP_SESSIONS = 4096;
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(5);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final String PHASE = "load";

    private final int port;
    private final Supplier<byte[]> questions;
    private final Supplier<String> secrets;
    private final int expectedStatus;
    private final long expectedLines;

    /**
     * @param questions the bodies
     * @param secrets of the keys that ask, in turn
     * @param expectedLines line feeds in each answer's body; 0: they are not counted
     */
    Load(int port, Supplier<byte[]> questions, Supplier<String> secrets, int expectedStatus, long expectedLines) {
        this.port = port;
        this.questions = questions;
        this.secrets = secrets;
        this.expectedStatus = expectedStatus;
        this.expectedLines = expectedLines;
    }

    /**
     * What was seen.
     *
     * @param answers complete responses of the expected status
     * @param faults all others, time-outs and broken connections too
     * @param lines that the answers should have had and did not (of streams)
     * @param seconds from the first request to the last answer
     * @param latencies ns
     */
    record Seen(long answers, long faults, long lines, double seconds, Histogram latencies) {
        double perSecond() {
            return answers / seconds;
        }

        /** Of two loads at the same time. */
        Seen and(Seen other) {
            Histogram both = new Histogram(latencies);
            both.add(latencies);
            both.add(other.latencies);
            return new Seen(answers + other.answers, faults + other.faults, lines + other.lines,
                    Math.max(seconds, other.seconds), both);
        }

        double millis(double percentile) {
            return latencies.getValueAtPercentile(percentile) / 1e6;
        }
    }

    Seen closedLoop(int connections, Duration duration) {
        BenchmarkBuilder benchmark = benchmark(connections);
        return run(benchmark, benchmark.addPhase(PHASE).always(connections), duration, null);
    }

    Seen openLoop(double perSecond, Duration duration) {
        BenchmarkBuilder benchmark = benchmark(OPEN_LOOP_CONNECTIONS);
        return run(benchmark, benchmark.addPhase(PHASE).constantRate(0).usersPerSec(perSecond).variance(false)
                .maxSessions(OPEN_LOOP_SESSIONS), duration, new Schedule(1e9 / perSecond));
    }

    private BenchmarkBuilder benchmark(int connections) {
        BenchmarkBuilder benchmark = BenchmarkBuilder.builder().name(PHASE).threads(1)
                .failurePolicy(Benchmark.FailurePolicy.CONTINUE);
        HttpPluginBuilder http = benchmark.addPlugin(HttpPluginBuilder::new);
        http.http().host("127.0.0.1").port(port).allowHttp2(false).sharedConnections(connections)
                .requestTimeout(TIMEOUT.toMillis()).endHttp();
        // A status other than 2xx is for us to judge, and must not close the connection.
        http.ergonomics().autoRangeCheck(false).stopOnInvalid(false);
        return benchmark;
    }

    /** @param schedule of an open loop; null: a closed one */
    private Seen run(BenchmarkBuilder benchmark, PhaseBuilder<?> phase, Duration duration, Schedule schedule) {
        Lines lines = new Lines();
        BaseSequenceBuilder<?> sequence = phase.duration(duration.toMillis())
                .maxDuration(duration.plus(LAST_ANSWERS).toMillis()).scenario().initialSequence(PHASE);
        var request = sequence.step(HttpStepCatalog.SC).httpRequest(HttpMethod.POST).path(Scenario.PATH).headers()
                .header("Content-Type", "application/json").endHeaders()
                .headerAppender((session, head) -> head.putHeader("Authorization", "Bearer " + secrets.get()))
                .body((session, connection) -> {
                    if (schedule != null) {
                        schedule.sent(session);
                    }
                    return Unpooled.wrappedBuffer(questions.get());
                }).sync(true);
        if (expectedLines > 0) {
            request.handler().body(fragmented -> lines);
        }
        if (schedule != null) {
            request.handler().onCompletion(schedule::answered);
        }
        StatisticsSnapshot total = new StatisticsSnapshot();
        new LocalSimulationRunner(benchmark.build(), (p, step, metric, seen, done) -> {
            synchronized (total) {
                total.add(seen);
            }
        }, null, null).run();
        return seen(total, lines, schedule);
    }

    private Seen seen(StatisticsSnapshot total, Lines lines, Schedule schedule) {
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
        double seconds = (total.histogram.getEndTimeStamp() - total.histogram.getStartTimeStamp()) / 1e3;
        return new Seen(answers, total.requestCount - answers, Math.max(0, expectedLines * answers - lines.seen),
                seconds, schedule == null ? total.histogram : schedule.latencies);
    }

    /** Counts line feeds, on the generator's only thread. */
    private static final class Lines implements Processor {
        private static final long serialVersionUID = 1;
        private long seen;

        @Override
        public void process(Session session, ByteBuf data, int offset, int length, boolean last) {
            int end = offset + length;
            for (int at = data.indexOf(offset, end, (byte) '\n'); at >= 0; at = data.indexOf(at + 1, end,
                    (byte) '\n')) {
                seen++;
            }
        }
    }

    /** When the requests of an open loop were to be sent, on the generator's only thread; times in ns. */
    private static final class Schedule {
        private static final long LONGEST = TIMEOUT.toNanos() * 2;
        private final double interval;
        private final Map<Session, Long> due = new IdentityHashMap<>();
        private final Histogram latencies = new Histogram(LONGEST, 3);
        private long first;
        private long sent;

        Schedule(double interval) {
            this.interval = interval;
        }

        /** Requests are sent in the order in which they are due. */
        void sent(Session session) {
            long now = System.nanoTime();
            if (sent == 0) {
                first = now;
            }
            due.put(session, Math.min(now, first + (long) (sent++ * interval)));
        }

        void answered(Session session) {
            Long since = due.remove(session);
            if (since != null) {
                latencies.recordValue(Math.min(LONGEST, System.nanoTime() - since));
            }
        }
    }
}
