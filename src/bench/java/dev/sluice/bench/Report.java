package dev.sluice.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Medians over the rounds. A ratio is taken within each round, because the machine is not the same from one to the next. */
final class Report {
    /** A share of the answers: a machine that is busy with something else may time out now and then. */
    private static final double MOST_FAULTS = 0.01;

    private final Map<Kind, List<Round>> rounds = new LinkedHashMap<>();

    private record Kind(String scenario, Target target, int connections) {}

    private record Round(double rps, double p50, double p99, double cpuMicros, double redisMicros, double kilobytes,
            double roundTrips, double own, double ratio, long answers, long faults, long lost) {}

    /**
     * A line of the table; the first seven members are those of the contract.
     *
     * @param ratio median of requests per second divided by the proxy's in the same round; null for an open loop
     * @param ratioMin of the rounds
     * @param ratioMax of the rounds
     * @param cpuMicros CPU time of the target's process per request
     * @param redisMicros CPU time of Redis per request
     * @param kilobytes (1,000 bytes) that the target's process allocates per request; null of an executable
     * @param roundTrips commands to Redis per request, what is done for many at once included
     * @param ownP99 99th percentile of the gateway's own time in ms, as its meter says; null of the proxy
     * @param faults answers that were not the expected ones, over all rounds
     * @param lost lines missing in streams, over all rounds
     */
    record Line(String scenario, String target, int connections, double rps, @JsonProperty("p50_ms") double p50,
            @JsonProperty("p99_ms") double p99, Double ratio, @JsonProperty("ratio_min") Double ratioMin,
            @JsonProperty("ratio_max") Double ratioMax, @JsonProperty("cpu_us") double cpuMicros,
            @JsonProperty("redis_cpu_us") double redisMicros, @JsonProperty("allocated_kb") Double kilobytes,
            @JsonProperty("redis_round_trips") Double roundTrips, @JsonProperty("own_p99_ms") Double ownP99, int rounds,
            long faults, long lost) {}

    /** @param proxyPerSecond of the plain proxy in the same round; NaN of an open loop, whose rate compares with nothing */
    void add(String scenario, Target target, int connections, Meter.Measured measured, double proxyPerSecond) {
        Load.Seen seen = measured.seen();
        double requests = Math.max(1, seen.answers() + seen.faults());
        rounds.computeIfAbsent(new Kind(scenario, target, connections), kind -> new ArrayList<>())
                .add(new Round(seen.perSecond(), seen.millis(50), seen.millis(99), micros(measured.cpu(), requests),
                        micros(measured.redisCpu(), requests), measured.allocated() / requests / 1e3,
                        measured.roundTrips(), measured.ownMillis(), seen.perSecond() / proxyPerSecond, seen.answers(),
                        seen.faults(),
                        seen.lines()));
    }

    private static double micros(Duration cpu, double requests) {
        return cpu.toNanos() / 1e3 / requests;
    }

    List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        rounds.forEach((kind, all) -> {
            double[] ratios = sorted(all, Round::ratio);
            lines.add(new Line(kind.scenario(), kind.target().toString(), kind.connections(),
                    rounded(median(sorted(all, Round::rps)), 0), rounded(median(sorted(all, Round::p50)), 3),
                    rounded(median(sorted(all, Round::p99)), 3), known(median(ratios), 3), known(ratios[0], 3),
                    known(ratios[ratios.length - 1], 3), rounded(median(sorted(all, Round::cpuMicros)), 1),
                    rounded(median(sorted(all, Round::redisMicros)), 1),
                    known(median(sorted(all, Round::kilobytes)), 1), known(median(sorted(all, Round::roundTrips)), 2),
                    known(median(sorted(all, Round::own)), 2),
                    all.size(), all.stream().mapToLong(Round::faults).sum(),
                    all.stream().mapToLong(Round::lost).sum()));
        });
        return lines;
    }

    /** Whether so few answers were as expected somewhere that the figures mean nothing. */
    boolean broken() {
        return rounds.values().stream().anyMatch(all -> all.stream().mapToLong(Round::faults)
                .sum() > MOST_FAULTS * all.stream().mapToLong(Round::answers).sum());
    }

    void print(PrintStream out) {
        int width = lines().stream().mapToInt(line -> line.scenario().length()).max().orElse(1);
        out.printf(Locale.ROOT, "%n%-" + width + "s %-7s %5s %8s %9s %9s %6s  %-12s %7s %8s %7s %5s %7s%n", "scenario",
                "target",
                "conns", "req/s", "p50 ms", "p99 ms", "ratio", "min..max", "CPU us", "Redis us", "kB", "trips",
                "own p99");
        for (Line line : lines()) {
            out.printf(Locale.ROOT,
                    "%-" + width + "s %-7s %5d %8.0f %9.3f %9.3f %6s  %-12s %7.1f %8.1f %7s %5s %7s%s%s%n",
                    line.scenario(), line.target(), line.connections(), line.rps(), line.p50(), line.p99(),
                    shown(line.ratio(), "%.3f"),
                    line.ratio() == null ? "" : shown(line.ratioMin(), "%.3f") + ".." + shown(line.ratioMax(), "%.3f"),
                    line.cpuMicros(), line.redisMicros(), shown(line.kilobytes(), "%.1f"),
                    shown(line.roundTrips(), "%.2f"), shown(line.ownP99(), "%.2f"),
                    line.faults() == 0 ? "" : "  " + line.faults() + " FAULTS",
                    line.lost() == 0 ? "" : "  " + line.lost() + " LINES LOST");
        }
        out.printf("%nMedians of %d rounds. Ratio: requests per second to those of the plain proxy in the same round."
                + " CPU, allocation: of the target's process per request; Redis: its CPU per request.%n"
                + "Own p99: of the gateway's own time, by its meter, in ms.%n",
                lines().stream().mapToInt(Line::rounds).max().orElse(0));
    }

    /** One JSON object a line. */
    void write(Path file) throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<String> text = new ArrayList<>();
        for (Line line : lines()) {
            text.add(json.writeValueAsString(line));
        }
        if (file.toAbsolutePath().getParent() != null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
        Files.write(file, text);
    }

    private static double[] sorted(List<Round> rounds, ToDoubleFunction<Round> figure) {
        double[] figures = rounds.stream().mapToDouble(figure).toArray();
        Arrays.sort(figures);
        return figures;
    }

    private static double median(double[] sorted) {
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private static String shown(Double value, String format) {
        return value == null ? "" : String.format(Locale.ROOT, format, value);
    }

    private static Double known(double value, int digits) {
        return Double.isNaN(value) ? null : rounded(value, digits);
    }

    private static double rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }
}
