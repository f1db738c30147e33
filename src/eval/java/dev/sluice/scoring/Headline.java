package dev.sluice.scoring;

import dev.sluice.Price;
import dev.sluice.Usage;
import dev.sluice.eval.DataSets;
import dev.sluice.eval.Report;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What routing and caching save at the default prices: the cheap model's calls at those of deepseek-v3.2, the strong
 * one's at those of claude-sonnet-4.5, against all of them on the latter. The least score that goes to the strong model
 * is set on the known data, so that there the quality is reached, and then holds for the tested ones.
 */
final class Headline {
    private static final Price CHEAP = new Price(new BigDecimal("0.42"), new BigDecimal("0.42"),
            new BigDecimal("2.10"));
    private static final Price DEAR = new Price(new BigDecimal("15"), new BigDecimal("15"), new BigDecimal("75"));
    private static final double[] QUALITIES = { .9, .95, .99};
    private static final double CHARACTERS_PER_TOKEN = 4;

    private final Report report;
    private final Traffic traffic;

    /** @param traffic null where there is none */
    Headline(Report report, Traffic traffic) {
        this.report = report;
        this.traffic = traffic;
    }

    void begin() {
        report.title(
                "Cost saved at the default prices, in % of all on the strong model (quality reached, in % of its)");
        if (traffic != null) {
            report.text(
                    "traffic of banking77: %.1f %% of %d requests are answered from the cache, %.2f %% of those wrongly",
                    100 * traffic.hitRate(), traffic.requests(), 100 * traffic.wrongRate());
            report.row(Traffic.SET, "cache", "hit_rate", traffic.hitRate());
            report.row(Traffic.SET, "cache", "wrong_rate", traffic.wrongRate());
        }
        report.text("%-26s %-22s %16s %16s %16s", "", "", "at 90 %", "at 95 %", "at 99 %");
    }

    void measure(RoutingSet known, RoutingSet tested, ToDoubleFunction<Example> score) {
        line(known, tested, score, "routing", false);
        if (traffic != null) {
            double[] alone = replay(tested.examples(), example -> true, true);
            report.text("%-26s %-22s %8.1f (%5.1f)", tested.name(), "cache alone", 100 * alone[0], 100 * alone[1]);
            report.row(tested.name(), "cache", "saved", alone[0]);
            report.row(tested.name(), "cache", "quality_kept", alone[1]);
            line(known, tested, score, "routing and cache", true);
        }
    }

    private void line(RoutingSet known, RoutingSet tested, ToDoubleFunction<Example> score, String subject,
            boolean cached) {
        StringBuilder cells = new StringBuilder();
        for (double quality : QUALITIES) {
            double least = threshold(known.examples(), score, quality);
            double[] result = replay(tested.examples(), example -> score.applyAsDouble(example) >= least, cached);
            cells.append(String.format(Locale.ROOT, " %8.1f (%5.1f)", 100 * result[0], 100 * result[1]));
            long percent = Math.round(100 * quality);
            report.row(tested.name(), subject, "saved_at_" + percent, result[0]);
            report.row(tested.name(), subject, "quality_kept_at_" + percent, result[1]);
        }
        report.text("%-26s %-22s%s", tested.name(), subject, cells);
    }

    /** The highest score that has to go to the strong model so that all together reach so much of its quality. */
    private static double threshold(List<Example> examples, ToDoubleFunction<Example> score, double quality) {
        double[] scores = examples.stream().mapToDouble(score).toArray();
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(scores[b], scores[a]));
        double wanted = quality * examples.stream().mapToDouble(Example::strong).sum();
        double sum = examples.stream().mapToDouble(Example::weak).sum();
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < order.length && (sum < wanted || scores[order[i]] == least); i++) {
            least = scores[order[i]];
            sum += examples.get(order[i]).gain();
        }
        return least;
    }

    /** Goes to the strong model? */
    @FunctionalInterface
    private interface Choice {
        boolean strong(Example example);
    }

    /**
     * The share of the cost that is saved, and the share of the strong model's quality that is kept. With the cache, the
     * requests are as often repetitions as the bank's: a miss asks the next prompt of the set, a hit has the answer of
     * the earlier one, which is worth nothing if that was another question.
     */
    private double[] replay(List<Example> examples, Choice choice, boolean cached) {
        double cost = 0;
        double quality = 0;
        double allCost = 0;
        double allQuality = 0;
        int requests = cached ? traffic.requests() : examples.size();
        int[] asks = new int[requests];
        int next = 0;
        for (int i = 0; i < requests; i++) {
            boolean hit = cached && traffic.hit(i);
            asks[i] = hit ? asks[traffic.source()[i]] : next++ % examples.size();
            Example example = examples.get(asks[i]);
            boolean strong = choice.strong(example);
            allCost += cost(DEAR, example, example.strongTokens());
            allQuality += example.strong();
            if (!hit) {
                cost += strong
                        ? cost(DEAR, example, example.strongTokens())
                        : cost(CHEAP, example, example.weakTokens());
            }
            quality += hit && !traffic.right()[i] ? 0 : strong ? example.strong() : example.weak();
        }
        return new double[]{ 1 - cost / allCost, quality / allQuality};
    }

    private static double cost(Price price, Example example, double outputTokens) {
        long input = Math.round(example.prompt().length() / CHARACTERS_PER_TOKEN);
        return price.cost(new Usage(input, 0, Math.round(outputTokens))).nanos();
    }
}
