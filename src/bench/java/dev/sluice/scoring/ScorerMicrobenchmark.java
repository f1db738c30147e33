package dev.sluice.scoring;

import dev.sluice.Complexity;
import dev.sluice.bench.Samples;
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

/** Complexity of a prompt by the scorer that ships. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ScorerMicrobenchmark {
    @Param({ "250", "10000"})
    public int characters;

    private Scorer scorer;
    private String prompt;

    @Setup
    public void prepare() {
        scorer = LearnedScorer.shipped();
        prompt = Samples.prompt(characters);
    }

    @Benchmark
    public Complexity score() {
        return scorer.score(prompt);
    }
}
