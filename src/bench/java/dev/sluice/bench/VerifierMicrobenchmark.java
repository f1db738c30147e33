package dev.sluice.bench;

import dev.sluice.config.Settings.Verify;
import dev.sluice.verify.Verdict;
import dev.sluice.verify.Verifier;
import dev.sluice.verify.Verifiers;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Whether two questions are the same: a paraphrase, and a pair that one word sets apart. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class VerifierMicrobenchmark {
    private static final String ASKED_BEFORE = "How do I change the PIN of my debit card?";

    private final Verifier verifier = Verifiers.of(Verify.BALANCED);

    @Benchmark
    public Verdict same() {
        return verifier.judge(ASKED_BEFORE, "How can I change the PIN for my debit card?", .95);
    }

    @Benchmark
    public Verdict different() {
        return verifier.judge(ASKED_BEFORE, "How do I change the PIN of my credit card?", .95);
    }
}
