package dev.sluice.bench;

import dev.sluice.sse.SseParser;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
import org.openjdk.jmh.infra.Blackhole;

/** A stream of 100 events, in pieces such as a network might make. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SseMicrobenchmark {
    private static final int EVENTS = 100;
    private static final String EVENT = "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":"
            + "1790000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" tokens\"}}]}\n\n";

    @Param({ "150", "1460", "16384"})
    public int pieceBytes;

    private byte[][] pieces;

    @Setup
    public void prepare() {
        byte[] stream = EVENT.repeat(EVENTS).getBytes(StandardCharsets.UTF_8);
        pieces = new byte[(stream.length + pieceBytes - 1) / pieceBytes][];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = Arrays.copyOfRange(stream, i * pieceBytes, Math.min(stream.length, (i + 1) * pieceBytes));
        }
    }

    @Benchmark
    public void parse(Blackhole events) {
        SseParser parser = new SseParser(1 << 20);
        for (byte[] piece : pieces) {
            parser.feed(piece, events::consume);
        }
    }
}
