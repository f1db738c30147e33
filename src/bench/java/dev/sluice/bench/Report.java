package dev.sluice.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
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

    private record Round(double rps, double p50, double p99, double cpuMicros, double ratio, long answers,
            long faults) {}

    /**
     * A line of the table; the first seven members are those of the contract.
     *
     * @param ratio median of requests per second divided by the proxy's in the same round; null for an open loop
     * @param ratioMin of the rounds
     * @param ratioMax of the rounds
     * @param cpuMicros CPU time of the target's process per request
     * @param faults answers that were not the expected ones, over all rounds
     */
    record Line(String scenario, String target, int connections, double rps, @JsonProperty("p50_ms") double p50,
            @JsonProperty("p99_ms") double p99, Double ratio, @JsonProperty("ratio_min") Double ratioMin,
            @JsonProperty("ratio_max") Double ratioMax, @JsonProperty("cpu_us") double cpuMicros, int rounds,
            long faults) {}

    /** @param proxyPerSecond of the plain proxy in the same round, over as many connections */
    void add(Scenario scenario, int connections, LoadBench.Measured measured, double proxyPerSecond) {
        Load.Seen seen = measured.seen();
        rounds.computeIfAbsent(new Kind(scenario.name(), scenario.target(), connections), kind -> new ArrayList<>())
                .add(new Round(seen.perSecond(), seen.millis(50), seen.millis(99),
                        measured.cpu().toNanos() / 1e3 / Math.max(1, seen.answers()),
                        seen.perSecond() / proxyPerSecond, seen.answers(), seen.faults()));
    }

    /** Of an open loop, whose requests per second are given and compare with nothing. */
    void add(Scenario scenario, int connections, LoadBench.Measured measured) {
        add(scenario, connections, measured, Double.NaN);
    }

    List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        rounds.forEach((kind, all) -> {
            double[] ratios = sorted(all, Round::ratio);
            lines.add(new Line(kind.scenario(), kind.target().name().toLowerCase(Locale.ROOT), kind.connections(),
                    rounded(median(sorted(all, Round::rps)), 0), rounded(median(sorted(all, Round::p50)), 3),
                    rounded(median(sorted(all, Round::p99)), 3), ratio(median(ratios)), ratio(ratios[0]),
                    ratio(ratios[ratios.length - 1]), rounded(median(sorted(all, Round::cpuMicros)), 1),
                    all.size(), all.stream().mapToLong(Round::faults).sum()));
        });
        return lines;
    }

    /** Whether so few answers were as expected somewhere that the figures mean nothing. */
    boolean broken() {
        return rounds.values().stream().anyMatch(all -> all.stream().mapToLong(Round::faults)
                .sum() > MOST_FAULTS * all.stream().mapToLong(Round::answers).sum());
    }

    void print(PrintStream out) {
        out.printf(Locale.ROOT, "%n%-10s %-8s %11s %9s %9s %9s %7s  %-13s %8s%n", "scenario", "target", "connections",
                "req/s", "p50 ms", "p99 ms", "ratio", "min..max", "CPU us");
        for (Line line : lines()) {
            out.printf(Locale.ROOT, "%-10s %-8s %11d %9.0f %9.3f %9.3f %7s  %-13s %8.1f%s%n", line.scenario(),
                    line.target(), line.connections(), line.rps(), line.p50(), line.p99(),
                    line.ratio() == null ? "" : thousandths(line.ratio()),
                    line.ratio() == null ? "" : thousandths(line.ratioMin()) + ".." + thousandths(line.ratioMax()),
                    line.cpuMicros(),
                    line.faults() == 0 ? "" : "  " + line.faults() + " FAULTS");
        }
        out.printf("%nMedians of %d rounds; the ratio is to the proxy of the same round; CPU is that of the target's"
                + " process per request.%n", lines().stream().mapToInt(Line::rounds).max().orElse(0));
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

    private static String thousandths(double ratio) {
        return String.format(Locale.ROOT, "%.3f", ratio);
    }

    private static Double ratio(double ratio) {
        return Double.isNaN(ratio) ? null : rounded(ratio, 3);
    }

    private static double rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }
}
