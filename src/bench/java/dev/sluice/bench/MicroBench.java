package dev.sluice.bench;

import java.util.Collection;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The parts of a request's way that are only CPU, each on its own (JMH): µs and bytes allocated per call, one thread. */
final class MicroBench {
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    private MicroBench() {
    }

    /** @param include a regular expression of the names of those to run */
    static void run(String include) {
        Collection<RunResult> results;
        try {
            results = new Runner(new OptionsBuilder().include(include).addProfiler(GCProfiler.class)
                    .verbosity(VerboseMode.SILENT).build()).run();
        } catch (RunnerException e) {
            throw new IllegalStateException(e);
        }
        System.out.printf(Locale.ROOT, "%n%-34s %-20s %10s %9s %10s%n", "microbenchmark", "", "us/call", "+-",
                "B/call");
        for (RunResult result : results) {
            String name = result.getParams().getBenchmark().replaceAll("^.*\\.(\\w+)Microbenchmark", "$1");
            StringBuilder of = new StringBuilder();
            for (String parameter : result.getParams().getParamsKeys()) {
                of.append(parameter).append(' ').append(result.getParams().getParam(parameter));
            }
            Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
            System.out.printf(Locale.ROOT, "%-34s %-20s %10.2f %9.2f %10.0f%n", name, of,
                    result.getPrimaryResult().getScore(), result.getPrimaryResult().getScoreError(),
                    allocated == null ? Double.NaN : allocated.getScore());
        }
    }
}
