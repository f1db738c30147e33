package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.tokens.PromptBound;
import dev.sluice.tokens.Tokenizers;
import io.vertx.core.Vertx;
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
import org.openjdk.jmh.annotations.TearDown;

/** Tokens of a prompt: bounded by its bytes, or counted by the model's tokenizer (short ones on the calling thread). */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TokensMicrobenchmark {
    @Param({ "250", "3000"})
    public int characters;

    private final Model model = Samples.model();
    private Vertx vertx;
    private PromptBound bound;
    private Request request;

    @Setup
    public void prepare() {
        vertx = Vertx.vertx();
        bound = new PromptBound(new Tokenizers(vertx), 2500, 8000);
        request = Samples.request(Samples.prompt(characters));
    }

    @TearDown
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Benchmark
    public long bytes() {
        return bound.bytes(request);
    }

    @Benchmark
    public long exact() {
        return bound.exact(request, model).await().indefinitely();
    }
}
