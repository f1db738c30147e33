package dev.sluice.scoring;

import dev.sluice.eval.Interval;
import dev.sluice.eval.Report;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/**
 * What it takes to score a prompt and to explain the score; of a huge one 16,384 characters are read. Single calls are
 * timed, so that a busy machine, which interrupts few of them, does not hide what most take.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ScorerBenchmark {
    private static final String PARAGRAPH = """
            Compare the two designs below and explain why one of them loses messages when a broker restarts: the first \
            acknowledges after writing to disk, the second after 250 ms or 1,000 records.
            - You must not assume that clocks agree.
            ```java
            for (int i = 0; i < records.size(); i++) { send(records.get(i)); }
            ```
            Was wäre, wenn x^2 + 3x = $\\frac{1}{2}$ gälte? Begründe in höchstens drei Sätzen, warum nicht.

            """;

    @Param({ "100", "1000", "10000", "1000000"})
    public int characters;

    private Scorer scores;
    private String prompt;

    @Setup
    public void prepare() {
        scores = LearnedScorer.shipped();
        prompt = PARAGRAPH.repeat(1 + characters / PARAGRAPH.length()).substring(0, characters);
    }

    @Benchmark
    public double score() {
        return scores.score(prompt).score();
    }

    static void run(Report report) {
        report.title("Scoring a prompt (JMH, learned scorer, one thread)");
        Collection<RunResult> results;
        try {
            results = new Runner(new OptionsBuilder().include(ScorerBenchmark.class.getName())
                    .verbosity(VerboseMode.SILENT).build()).run();
        } catch (RunnerException e) {
            throw new IllegalStateException(e);
        }
        for (RunResult result : results) {
            int characters = Integer.parseInt(result.getParams().getParam("characters"));
            Statistics times = result.getPrimaryResult().getStatistics();
            report.text("%,9d characters: median %8.2f µs, 95th percentile %8.2f µs", characters,
                    times.getPercentile(50), times.getPercentile(95));
            report.row("speed", "learned, as shipped", "micros_" + characters, times.getPercentile(50),
                    new Interval(times.getMin(), times.getPercentile(95)));
        }
    }
}
