package dev.sluice.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.eval.DataSets;
import dev.sluice.eval.Evaluation.Measurement;
import dev.sluice.eval.Interval;
import dev.sluice.eval.Report;
import dev.sluice.scoring.Training.Ranking;
import dev.sluice.scoring.Training.Row;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How well scores tell which prompts need the strong model. */
public final class RoutingEvaluation implements Measurement {
    private static final double[] RECOVERED = { .5, .8, .95};
    private static final int BINS = 10;

    @Override
    public void measure(DataSets data, DataSets test, boolean heldBack, Report report) {
        List<RoutingSet> learnable = RoutingSet.learnable(data);
        Shipped shipped = Shipped.train(learnable, heldBack);
        List<RoutingSet> known = RoutingSet.measured(data);
        List<RoutingSet> tested = RoutingSet.measured(test);
        writeModel(shipped.model(), learnable, shares(shipped, tested, test, report));
        Map<String, Double> transferred = new LinkedHashMap<>();
        for (int i = 0; i < tested.size(); i++) {
            double apgr = curves(known.get(i), tested.get(i), learnable, shipped, heldBack, report);
            transferred.put(tested.get(i).name(), apgr);
        }
        double mean = transferred.entrySet().stream().filter(entry -> !entry.getKey().contains("+"))
                .mapToDouble(Map.Entry::getValue).average().orElse(0);
        report.text("%nMean APGR of the learned scorer over the sets, each left out of its training: %.3f", mean);
        report.row("all", "learned, set left out", "apgr_mean", mean);
        reliability(shipped, RoutingSet.learnable(test), report);
        languages(shipped, test, report);
        Headline headline = new Headline(report, test.has(Traffic.SET) ? Traffic.of(test) : null);
        headline.begin();
        for (int i = 0; i < tested.size(); i++) {
            headline.measure(known.get(i), tested.get(i), shipped::complexity);
        }
        resources(report);
        ScorerBenchmark.run(report);
    }

    private double curves(RoutingSet known, RoutingSet tested, List<RoutingSet> learnable, Shipped shipped,
            boolean heldBack, Report report) {
        List<Example> examples = tested.examples();
        report.title("Routing, " + tested.name() + " (" + tested.pair() + "), " + examples.size() + " prompts");
        report.text("quality: weak %.3f, strong %.3f", tested.weak(), tested.strong());
        report.row(tested.name(), "weak", "quality", tested.weak());
        report.row(tested.name(), "strong", "quality", tested.strong());
        report.text("%-26s %6s  %-15s %6s %6s %6s", "", "APGR", "95 %", "CPT50", "CPT80", "CPT95");
        line(tested, "random", new double[examples.size()], report);
        line(tested, "length", scores(examples, example -> example.prompt().length()), report);
        Scorer article = new ArticleScorer();
        Scorer rules = new RulesScorer();
        line(tested, "article", scores(examples, example -> article.score(example.prompt()).score()), report);
        line(tested, "rules", scores(examples, example -> rules.score(example.prompt()).score()), report);
        line(tested, "learned, as shipped", scores(examples, shipped::complexity), report);
        line(tested, "learned, in-domain", inDomain(known.examples(), examples, heldBack), report);
        return line(tested, "learned, set left out", leftOut(tested, learnable), report);
    }

    private static double line(RoutingSet set, String subject, double[] scores, Report report) {
        Curve curve = new Curve(set.examples(), scores);
        double apgr = curve.apgr();
        Interval interval = curve.apgrInterval();
        double[] calls = Arrays.stream(RECOVERED).map(curve::callsFor).toArray();
        report.text("%-26s %6.3f  %6.3f – %5.3f %6.1f %6.1f %6.1f %s", subject, apgr, interval.lo(), interval.hi(),
                100 * calls[0], 100 * calls[1], 100 * calls[2], interval.hi() < .5 ? "  below random" : "");
        report.row(set.name(), subject, "apgr", apgr, interval);
        for (int i = 0; i < RECOVERED.length; i++) {
            report.row(set.name(), subject, "cpt" + Math.round(100 * RECOVERED[i]), calls[i]);
        }
        return apgr;
    }

    private static double[] scores(List<Example> examples, ToDoubleFunction<Example> score) {
        return examples.stream().mapToDouble(score).toArray();
    }

    /** Cross-validated by problem where nothing was held back; then scores compare by their rank within the fold. */
    private static double[] inDomain(List<Example> known, List<Example> tested, boolean heldBack) {
        if (heldBack) {
            Ranking ranking = Training.inDomain(known);
            return scores(tested, example -> ranking.score(example.prompt()));
        }
        double[] ranks = new double[tested.size()];
        for (int fold = 0; fold < Training.FOLDS; fold++) {
            int held = fold;
            Ranking ranking = Training
                    .inDomain(known.stream().filter(example -> example.fold(Training.FOLDS) != held).toList());
            int[] members = IntStream.range(0, tested.size())
                    .filter(i -> tested.get(i).fold(Training.FOLDS) == held).toArray();
            double[] scores = Arrays.stream(members)
                    .mapToDouble(i -> ranking.score(tested.get(i).prompt())).toArray();
            double[] within = Ranks.of(scores);
            for (int i = 0; i < members.length; i++) {
                ranks[members[i]] = within[i] / members.length;
            }
        }
        return ranks;
    }

    private static double[] leftOut(RoutingSet tested, List<RoutingSet> learnable) {
        Set<String> files = Set.of(tested.file().split("\\+"));
        Set<String> keys = tested.examples().stream().map(Example::key).collect(Collectors.toSet());
        List<Row> rows = Training.rows(learnable.stream().filter(set -> !files.contains(set.file())).toList(), keys);
        LearnedModel model = Training.transfer(rows);
        return scores(tested.examples(), example -> Shipped.sum(model, example.prompt()));
    }

    private static void reliability(Shipped shipped, List<RoutingSet> sets, Report report) {
        report.title("Reliability of p_worse: how often the cheap answer was worse, by what was foretold");
        List<Row> rows = Training.rows(sets, Set.of());
        report.text("%-12s %7s %8s %8s", "p_worse", "prompts", "foretold", "seen");
        double error = 0;
        double total = rows.stream().mapToDouble(Row::weight).sum();
        for (int bin = 0; bin < BINS; bin++) {
            double from = bin / (double) BINS;
            List<Row> inside = new ArrayList<>();
            for (Row row : rows) {
                double p = shipped.pWorse(row.example());
                if (p >= from && p < from + 1.0 / BINS) {
                    inside.add(row);
                }
            }
            if (inside.isEmpty()) {
                continue;
            }
            double weight = inside.stream().mapToDouble(Row::weight).sum();
            double foretold = inside.stream().mapToDouble(row -> row.weight() * shipped.pWorse(row.example())).sum()
                    / weight;
            double seen = inside.stream().mapToDouble(row -> row.weight() * row.worse()).sum() / weight;
            error += weight / total * Math.abs(foretold - seen);
            report.text("%.1f – %.1f    %7d %8.3f %8.3f", from, from + 1.0 / BINS, inside.size(), foretold, seen);
            report.row("learnable", "learned, as shipped", "reliability_" + bin, seen - foretold);
        }
        report.text("expected calibration error, sets weighed as in training: %.3f", error);
        report.row("learnable", "learned, as shipped", "ece", error);
        for (RoutingSet set : sets) {
            report.text("  %-12s foretold %.3f, seen %.3f", set.name(),
                    set.examples().stream().mapToDouble(shipped::pWorse).average().orElse(0),
                    set.examples().stream().mapToDouble(Example::worse).average().orElse(0));
        }
    }

    private static void languages(Shipped shipped, DataSets test, Report report) {
        report.title("The same problem in German and in English (mgsm_de_en)");
        List<JsonNode> pairs = test.read("mgsm_de_en");
        Map<String, ToDoubleFunction<Example>> subjects = new LinkedHashMap<>();
        Scorer rules = new RulesScorer();
        Scorer article = new ArticleScorer();
        subjects.put("article", example -> article.score(example.prompt()).score());
        subjects.put("rules", example -> rules.score(example.prompt()).score());
        subjects.put("learned, as shipped", shipped::complexity);
        subjects.forEach((subject, score) -> {
            double[] german = new double[pairs.size()];
            double[] english = new double[pairs.size()];
            double difference = 0;
            for (int i = 0; i < pairs.size(); i++) {
                String key = RoutingSet.key(pairs.get(i).get("prompt_en").textValue());
                german[i] = score.applyAsDouble(version(pairs.get(i).get("prompt").textValue(), key));
                english[i] = score.applyAsDouble(version(pairs.get(i).get("prompt_en").textValue(), key));
                difference += (german[i] - english[i]) / pairs.size();
            }
            double correlation = Ranks.correlation(german, english);
            report.text("%-20s rank correlation %.3f, mean difference %+.4f", subject, correlation, difference);
            report.row("mgsm_de_en", subject, "rank_correlation", correlation);
            report.row("mgsm_de_en", subject, "mean_difference", difference);
        });
    }

    private static Example version(String prompt, String key) {
        return new Example("gsm", prompt, key, 0, 0, 0, 0, 0, 0);
    }

    /** The lines of a table. */
    private static List<String> shares(Shipped shipped, List<RoutingSet> sets, DataSets test, Report report) {
        report.title("Shares of the default tiers by complexity alone, in %");
        LearnedModel model = shipped.model();
        StringBuilder map = new StringBuilder("complexity of p_worse, linear between:");
        for (int i = 0; i < model.probabilities().length; i++) {
            map.append(String.format(Locale.ROOT, "  %.3f → %.1f", model.probabilities()[i],
                    model.complexities()[i]));
        }
        report.text("%s", map);
        List<String> lines = new ArrayList<>();
        lines.add(String.format("%-28s %8s %8s %8s %8s", "", "default", "> .4", "> .7", "> .9"));
        for (RoutingSet set : sets) {
            if (!set.name().contains("+")) {
                lines.add(tiers(set.name(), scores(set.examples(), shipped::complexity), report));
            }
        }
        if (test.has("cache_banking77_en")) {
            double[] scores = test.read("cache_banking77_en").stream().map(row -> row.get("text").textValue())
                    .mapToDouble(text -> shipped.complexity(version(text, RoutingSet.key(text)))).toArray();
            lines.add(tiers("banking77 (customers ask)", scores, report));
        }
        lines.forEach(line -> report.text("%s", line));
        return lines;
    }

    private static String tiers(String set, double[] scores, Report report) {
        double[] above = { .4, .7, .9};
        double[] shares = Arrays.stream(above)
                .map(bound -> Arrays.stream(scores).filter(score -> score > bound).count() / (double) scores.length)
                .toArray();
        for (int i = 0; i < above.length; i++) {
            report.row(set, "learned, as shipped", "share_above_" + Math.round(10 * above[i]), shares[i]);
        }
        return String.format(Locale.ROOT, "%-28s %8.1f %8.1f %8.1f %8.1f", set, 100 * (1 - shares[0]),
                100 * (shares[0] - shares[1]), 100 * (shares[1] - shares[2]), 100 * shares[2]);
    }

    private static void resources(Report report) {
        report.title("Size of what ships");
        for (String name : List.of("learned.txt", "lexicon.txt")) {
            try (InputStream in = LearnedScorer.class.getResourceAsStream("/scoring/" + name)) {
                int bytes = in.readAllBytes().length;
                report.text("scoring/%-12s %,7d bytes", name, bytes);
                report.row("resource", name, "bytes", bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void writeModel(LearnedModel model, List<RoutingSet> sets, List<String> shares) {
        String file = System.getProperty("eval.train", "");
        if (file.isBlank()) {
            return;
        }
        List<String> comment = new ArrayList<>(List.of(
                "What the learned scorer adds to the rules, trained by ./mvnw -Peval verify -Deval.data=DIR "
                        + "-Deval.train=FILE on:"));
        sets.forEach(set -> comment.add("  " + set.name() + ", " + set.examples().size() + " prompts, " + set.pair()));
        comment.add("logistic: intercept and slope of p_worse over the sum of the rules' part and the steps");
        comment.add("steps: a trait, then the value of each step and where it ends");
        comment.add("map: p_worse and its complexity, linear between two lines");
        comment.add("shares of the default tiers by complexity alone, in %:");
        shares.forEach(line -> comment.add("  " + line));
        try {
            Files.writeString(Path.of(file), model.write(comment));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
