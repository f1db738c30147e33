package dev.sluice.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * What is measured and for how long, out of system properties.
 *
 * @param scenarios {@code bench.scenarios}: names, by default all
 * @param connections {@code bench.connections}: of the closed loops, by default 1, 64 and 256
 * @param rate {@code bench.rate}: requests per second of the open loop, by default 1000, see {@link Scenario#share}; 0: no
 *        open loop
 * @param rounds {@code bench.rounds}: by default 5
 * @param measurement {@code bench.seconds}: of each measurement, by default 3
 * @param warmUp {@code bench.warmup}: seconds of each scenario on each target before the first round, by default 15
 * @param withNative {@code bench.native}: whether the executable is measured too, if there is one; by default true
 * @param microbenchmarks {@code bench.jmh}: instead of all this, the microbenchmarks whose names match; null: none
 * @param soak {@code bench.soak}: instead of all this, so many minutes at 70 % load, such as 20m; null: not at all
 * @param growth {@code bench.growth}: instead of all this, how cost grows with bodies, entries, partitions, keys, replicas
 *        (a list)
 * @param largest {@code bench.largest}: the most entries, partitions and keys, by default 1,000,000
 * @param smoke {@code bench.smoke}: a short run that fails when a ratio has collapsed
 * @param data {@code bench.data}: the folder of the evaluation's sets, whose questions of a bank's customers mixed traffic
 *        asks; where it is missing, made up ones
 * @param out {@code bench.out}: the file for the JSON rows
 */
record Options(List<Scenario> scenarios, int[] connections, int rate, int rounds, Duration measurement, Duration warmUp,
        boolean withNative, String microbenchmarks, Duration soak, List<String> growth,
        int largest, boolean smoke, Path data, Path out) {

    static Options ofSystem() {
        boolean smoke = Boolean.parseBoolean(text("bench.smoke", "false"));
        List<String> names = List.of(text("bench.scenarios", smoke ? "miss,hit,refusal,stream-miss" : "").split(","));
        Path data = Path.of(text("bench.data", "../shared/eval"));
        List<Scenario> all = Scenario.all(data);
        List<Scenario> chosen = all.stream().filter(scenario -> names.contains(scenario.name())).toList();
        if (chosen.isEmpty() && !names.equals(List.of(""))) {
            throw new IllegalArgumentException("bench.scenarios: some of "
                    + all.stream().map(Scenario::name).toList() + ", not " + names);
        }
        return new Options(chosen.isEmpty() ? all : chosen,
                Arrays.stream(text("bench.connections", smoke ? "64" : "1,64,256").split(","))
                        .mapToInt(Integer::parseInt).toArray(),
                number("bench.rate", smoke ? 0 : 1000), number("bench.rounds", smoke ? 3 : 5),
                Duration.ofSeconds(number("bench.seconds", smoke ? 2 : 3)),
                Duration.ofSeconds(number("bench.warmup", smoke ? 4 : 15)),
                !smoke && Boolean.parseBoolean(text("bench.native", "true")),
                included(), minutes(), list("bench.growth"), number("bench.largest", 1_000_000), smoke, data,
                Path.of(text("bench.out", "target/bench.json")));
    }

    /** {@code -Dbench.jmh} alone is all of them. */
    private static String included() {
        String include = text("bench.jmh", null);
        return "true".equals(include) ? "Microbenchmark" : include;
    }

    private static Duration minutes() {
        String duration = text("bench.soak", null);
        return duration == null ? null : Duration.parse("PT" + duration);
    }

    private static List<String> list(String property) {
        String names = text(property, "");
        return names.isEmpty() ? List.of() : List.of(names.split(","));
    }

    private static int number(String property, int otherwise) {
        return Integer.parseInt(text(property, Integer.toString(otherwise)));
    }

    /** What Maven passes on is empty where nobody said anything. */
    private static String text(String property, String otherwise) {
        String value = System.getProperty(property, "");
        return value.isBlank() ? otherwise : value;
    }
}
