package dev.sluice.cache;

import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.bench.Samples;
import dev.sluice.config.Settings;
import dev.sluice.json.Json;
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

/** Reading a body, and the canonical identity of the request in it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class IdentityMicrobenchmark {
    @Param({ "250", "10000"})
    public int characters;

    private final dev.sluice.cache.Scope scope = new dev.sluice.cache.Scope(Settings.Scope.TENANT, "a", "");
    private final Model model = Samples.model();
    private Request request;
    private byte[] body;

    @Setup
    public void prepare() {
        request = Samples.request(Samples.prompt(characters));
        body = Samples.body(Samples.prompt(characters));
    }

    @Benchmark
    public Json parse() {
        return Json.parse(body);
    }

    @Benchmark
    public Identity identity() {
        return Identity.of(request, model, scope);
    }
}
