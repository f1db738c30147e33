package dev.sluice.scoring;

import dev.sluice.eval.Report;
import java.lang.management.ManagementFactory;
import java.util.List;

/** What scoring costs, in CPU time of a warm thread; the benchmark proper is in {@code src/bench}. */
final class Speed {
    private static final int WARM_CHARACTERS = 30_000_000;
    private static final int MEASURED_CHARACTERS = 20_000_000;

    void measure(List<Example> examples, Report report) {
        report.title("CPU time of the learned scorer");
        Scorer scorer = LearnedScorer.shipped();
        StringBuilder all = new StringBuilder();
        for (Example example : examples) {
            all.append(example.prompt()).append("\n\n");
            if (all.length() > 1_000_000) {
                break;
            }
        }
        for (int length : new int[]{ 100, 1_000, 10_000, 1_000_000}) {
            String text = all.substring(0, Math.min(length, all.length()));
            double micros = micros(scorer, text);
            report.text("%,9d characters: %8.1f µs", length, micros);
            report.row("speed", "learned, as shipped", "micros_" + length, micros);
        }
    }

    private static double micros(Scorer scorer, String text) {
        double sum = repeat(scorer, text, WARM_CHARACTERS / Math.min(text.length(), 16_384));
        int times = MEASURED_CHARACTERS / Math.min(text.length(), 16_384);
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        sum += repeat(scorer, text, times);
        long after = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        if (Double.isNaN(sum)) {
            throw new IllegalStateException("a score is not a number");
        }
        return (after - before) / 1e3 / times;
    }

    private static double repeat(Scorer scorer, String text, int times) {
        double sum = 0;
        for (int i = 0; i < times; i++) {
            sum += scorer.score(text).score();
        }
        return sum;
    }
}
