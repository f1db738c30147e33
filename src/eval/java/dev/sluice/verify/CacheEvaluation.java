package dev.sluice.verify;

import dev.sluice.config.Settings.Verify;
import dev.sluice.embedding.TextVectors;
import dev.sluice.eval.DataSets;
import dev.sluice.eval.Evaluation.Measurement;
import dev.sluice.eval.Interval;
import dev.sluice.eval.Report;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How often a semantic cache is right: a plain cosine against the verifiers. Nothing is fitted here: the gates are those
 * that ship, so a test folder is measured with what was fixed before it was seen.
 */
public final class CacheEvaluation implements Measurement {
    private static final int WARM = 20_000;
    private static final int MEASURED = 10_000;
    private static final Set<String> TIMED = Set.of("cache_qqp_en", "cache_pawsx_de");

    @Override
    public void measure(DataSets data, DataSets test, boolean heldBack, Report report) {
        List<CacheSet> sets = CacheSet.in(test);
        Set<String> texts = new LinkedHashSet<>();
        sets.forEach(set -> texts.addAll(set.texts()));
        TextVectors vectors = new TextVectors(texts);
        Map<String, Verifier> subjects = new LinkedHashMap<>();
        subjects.put("cosine .92", Verifiers.of(Verify.OFF));
        subjects.put("strict", Verifiers.of(Verify.STRICT));
        subjects.put("balanced", Verifiers.of(Verify.BALANCED));
        for (CacheSet set : sets) {
            report.title("Semantic cache, " + set.name() + ": " + set.meaning());
            report.text("%-12s %7s   %-24s %-24s %-24s", "", "served", "precision      95 %", "recall         95 %",
                    "wrongly served 95 %");
            subjects.forEach((subject, verifier) -> line(set, subject, set.outcome(verifier, vectors), report));
        }
        pinned(subjects, report);
        cost(sets, subjects, vectors, report);
    }

    private static void line(CacheSet set, String subject, Outcome outcome, Report report) {
        report.text("%-12s %7d   %-24s %-24s %-24s", subject, outcome.served(),
                share(outcome.precision(), outcome.precisionInterval()),
                share(outcome.recall(), outcome.recallInterval()),
                share(outcome.wronglyServed(), outcome.wronglyServedInterval()));
        report.row(set.name(), subject, "precision", outcome.precision(), outcome.precisionInterval());
        report.row(set.name(), subject, "recall", outcome.recall(), outcome.recallInterval());
        report.row(set.name(), subject, "wrongly_served", outcome.wronglyServed(), outcome.wronglyServedInterval());
        report.row(set.name(), subject, "served", outcome.served());
        if ("balanced".equals(subject) && !outcome.reasons().isEmpty()) {
            report.text("  balanced on what cosine .92 serves, same + other questions: %s",
                    outcome.reasons().entrySet().stream()
                            .map(entry -> entry.getKey() + " " + entry.getValue()[0] + " + " + entry.getValue()[1])
                            .collect(Collectors.joining(", ")));
            outcome.reasons().forEach((reason, counts) -> {
                report.row(set.name(), subject, "reason_" + reason + "_same", counts[0]);
                report.row(set.name(), subject, "reason_" + reason + "_other", counts[1]);
            });
        }
    }

    private static String share(double value, Interval interval) {
        return Double.isNaN(value)
                ? "    –"
                : String.format(Locale.ROOT, "%.4f  %.4f – %.4f", value, interval.lo(), interval.hi());
    }

    /** Pairs that must, and must not, be served. */
    private static void pinned(Map<String, Verifier> subjects, Report report) {
        report.title("Pinned pairs");
        TextVectors vectors = new TextVectors(PinnedPairs.texts());
        report.text("%-8s %s", "cosine", String.join("  ", subjects.keySet()));
        for (PinnedPairs.Pair pair : PinnedPairs.ALL) {
            double cosine = vectors.cosine(pair.cached(), pair.asked());
            String verdicts = subjects.values().stream().map(verifier -> {
                Verdict verdict = verifier.judge(pair.cached(), pair.asked(), cosine);
                return (verdict.same() ? "served" : "refused") + " (" + verdict.reason() + ")";
            }).collect(Collectors.joining("  "));
            report.text("%.3f    %s%n         %s | %s", cosine, verdicts, pair.cached(), pair.asked());
            subjects.forEach((subject, verifier) -> report.row("pinned", subject,
                    pair.cached() + " | " + pair.asked(),
                    verifier.judge(pair.cached(), pair.asked(), cosine).same() == pair.same() ? 1 : 0));
        }
    }

    /** CPU time of a warm thread. */
    private static void cost(List<CacheSet> sets, Map<String, Verifier> subjects, TextVectors vectors, Report report) {
        report.title("CPU time of a verdict");
        for (CacheSet set : sets) {
            if (!(set instanceof CacheSet.Pairs pairs) || pairs.pairs().isEmpty() || !TIMED.contains(set.name())) {
                continue;
            }
            subjects.forEach((subject, verifier) -> {
                int same = judge(pairs, verifier, WARM);
                long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                same += judge(pairs, verifier, MEASURED);
                double micros = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before) / 1e3
                        / MEASURED;
                report.text("%-26s %-12s %8.1f µs a pair", pairs.name(), subject, micros);
                report.row(pairs.name(), subject, "micros_per_pair", micros);
                if (same < 0) {
                    throw new IllegalStateException("pairs cannot be counted");
                }
            });
        }
    }

    /** As if every pair were near enough to be looked at closely. */
    private static int judge(CacheSet.Pairs set, Verifier verifier, int times) {
        int same = 0;
        for (int i = 0; i < times; i++) {
            CacheSet.Pairs.Pair pair = set.pairs().get(i % set.pairs().size());
            same += verifier.judge(pair.cached(), pair.asked(), .95).same() ? 1 : 0;
        }
        return same;
    }
}
