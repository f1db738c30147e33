package dev.sluice.scoring;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How scorers are trained. What ships has to hold for prompts unlike those of the sets: it starts from the rules and adds
 * half of what step functions of single traits make of the data; each set is centred, so that none is hard just for
 * being itself. Deeper trees fit these sets better and other sets worse.
 */
final class Training {
    static final int FOLDS = 5;

    private static final Boosting CAUTIOUS = new Boosting(80, 2, .05, 60, 10);
    private static final double CAUTION = .5;
    private static final Boosting BOLD = new Boosting(150, 6, .04, 20, 10);
    /** How far sets of different size count the same: 0 by prompt, 1 by set. */
    private static final double EVENNESS = .3;
    private static final double LEAST_RULES = .05;
    private static final double[] SHARES = { .02, .65, .88, .96};
    private static final double[] COMPLEXITIES = { 0, .4, .7, .9};

    private Training() {
    }

    /** Something that puts prompts in an order. */
    @FunctionalInterface
    interface Ranking {
        double score(String prompt);
    }

    /**
     * What can be learned from one set alone: its words, and trees as bold as the set allows. Half of what is learned is
     * the gain between the two models, half that between many such pairs, which is less of chance.
     */
    static Ranking inDomain(List<Example> examples) {
        double[] own = standardised(examples.stream().mapToDouble(Example::gain).toArray());
        double[] others = standardised(examples.stream().mapToDouble(Example::others).toArray());
        double[] target = new double[own.length];
        Arrays.setAll(target, i -> (own[i] + others[i]) / 2);
        double[] weights = new double[target.length];
        Arrays.fill(weights, 1);
        List<String> prompts = examples.stream().map(Example::prompt).toList();
        WordRegression words = WordRegression.fit(prompts, target);
        List<Tree> trees = BOLD.fit(prompts.stream().map(Structure::of).toArray(double[][]::new), target, weights);
        return prompt -> {
            double sum = words.predict(prompt);
            double[] structure = Structure.of(prompt);
            for (Tree tree : trees) {
                sum += tree.predict(structure);
            }
            return sum;
        };
    }

    private static double[] standardised(double[] values) {
        double mean = Arrays.stream(values).average().orElse(0);
        double deviation = Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElse(1));
        return Arrays.stream(values).map(v -> (v - mean) / deviation).toArray();
    }

    /** The model that ships, or what it would be without some sets: not yet calibrated. */
    static LearnedModel transfer(List<Row> rows) {
        double[] target = rows.stream().mapToDouble(Row::target).toArray();
        double[] weights = rows.stream().mapToDouble(Row::weight).toArray();
        double[] rules = rows.stream().mapToDouble(Row::rules).toArray();
        double slope = Math.max(LEAST_RULES, slope(rules, target, weights));
        double mean = mean(rules, weights);
        for (int i = 0; i < target.length; i++) {
            target[i] -= slope * (rules[i] - mean);
        }
        double[][] traits = rows.stream().map(Row::traits).toArray(double[][]::new);
        List<Steps> steps = steps(CAUTIOUS.fit(traits, target, weights), traits, weights);
        return new LearnedModel((float) slope, steps, 0, 1, new double[]{ 0, 1}, new double[]{ 0, 1});
    }

    /** Trees of one split each, those of the same trait added up. */
    private static List<Steps> steps(List<Tree> trees, double[][] traits, double[] weights) {
        Map<Integer, List<Tree>> byTrait = trees.stream().filter(tree -> tree.rootTrait() >= 0)
                .collect(Collectors.groupingBy(Tree::rootTrait, TreeMap::new, Collectors.toList()));
        List<Steps> functions = new ArrayList<>();
        byTrait.forEach((trait, stumps) -> {
            double[] upTo = stumps.stream().mapToDouble(Tree::rootThreshold).sorted().distinct().toArray();
            double[] values = new double[upTo.length + 1];
            double[] probe = new double[Traits.count()];
            for (int step = 0; step < values.length; step++) {
                probe[trait] = step < upTo.length ? upTo[step] : Double.POSITIVE_INFINITY;
                values[step] = CAUTION * stumps.stream().mapToDouble(stump -> stump.predict(probe)).sum();
            }
            Steps raw = new Steps(trait, upTo, values);
            double mean = mean(Arrays.stream(traits).mapToDouble(raw::at).toArray(), weights);
            functions.add(new Steps(trait, upTo,
                    Arrays.stream(values).map(value -> Math.rint(1e4 * (value - mean)) / 1e4).toArray()));
        });
        return functions;
    }

    /**
     * Adds what the sum means: as a probability by logistic regression on predictions for prompts that were not learned
     * from, as a complexity by the shares of them that the shipped tiers are to get.
     */
    static LearnedModel calibrated(LearnedModel model, List<Row> rows) {
        double[] sums = crossValidated(rows);
        Logistic logistic = Logistic.fit(sums, rows.stream().mapToDouble(Row::worse).toArray(),
                rows.stream().mapToDouble(Row::weight).toArray());
        double[] probabilities = new double[SHARES.length + 1];
        double[] complexities = new double[SHARES.length + 1];
        for (int i = 0; i < SHARES.length; i++) {
            double quantile = quantile(sums, rows, SHARES[i]);
            probabilities[i] = Math.rint(1000 * logistic.probability(quantile)) / 1000;
            complexities[i] = COMPLEXITIES[i];
        }
        probabilities[SHARES.length] = 1;
        complexities[SHARES.length] = 1;
        return new LearnedModel(model.rules(), model.steps(), (float) logistic.intercept(), (float) logistic.slope(),
                probabilities,
                complexities);
    }

    /** For every row the sum of a model that has not seen its problem. */
    static double[] crossValidated(List<Row> rows) {
        double[] sums = new double[rows.size()];
        for (int fold = 0; fold < FOLDS; fold++) {
            int held = fold;
            LearnedModel model = transfer(rows.stream().filter(row -> row.example().fold(FOLDS) != held).toList());
            for (int i = 0; i < sums.length; i++) {
                if (rows.get(i).example().fold(FOLDS) == held) {
                    sums[i] = model.sum(rows.get(i).traits(), rows.get(i).rules());
                }
            }
        }
        return sums;
    }

    /** Rows of all the sets, without those problems that are to be tested on. */
    static List<Row> rows(List<RoutingSet> sets, Set<String> testedKeys) {
        List<Row> rows = new ArrayList<>();
        for (RoutingSet set : sets) {
            List<Example> examples = set.examples().stream()
                    .filter(example -> !testedKeys.contains(example.key())).toList();
            double mean = examples.stream().mapToDouble(Example::gain).average().orElse(0);
            double deviation = Math.sqrt(examples.stream().mapToDouble(example -> example.gain() - mean)
                    .map(d -> d * d).average().orElse(1));
            for (Example example : examples) {
                rows.add(Row.of(set, example, (example.gain() - mean) / deviation,
                        StrictMath.pow(examples.size(), -EVENNESS)));
            }
        }
        double total = rows.stream().mapToDouble(Row::weight).sum();
        return rows.stream().map(row -> row.weighing(row.weight() * rows.size() / total)).toList();
    }

    static double[] traits(String prompt) {
        Sightings seen = Sightings.in(prompt);
        return Traits.of(seen, RulesScorer.sum(RulesScorer.parts(seen)));
    }

    /**
     * What is learned from.
     *
     * @param target gain of the strong model, standardised within its set
     * @param weight less in a large set, which would drown the others
     */
    record Row(RoutingSet set, Example example, double[] traits, double rules, double target, double weight) {
        static Row of(RoutingSet set, Example example, double target, double weight) {
            Sightings seen = Sightings.in(example.prompt());
            double rules = RulesScorer.sum(RulesScorer.parts(seen));
            return new Row(set, example, Traits.of(seen, rules), rules, target, weight);
        }

        double worse() {
            return example.worse();
        }

        Row weighing(double other) {
            return new Row(set, example, traits, rules, target, other);
        }
    }

    private static double slope(double[] x, double[] y, double[] weights) {
        double meanX = mean(x, weights);
        double products = 0;
        double squares = 0;
        for (int i = 0; i < x.length; i++) {
            products += weights[i] * (x[i] - meanX) * y[i];
            squares += weights[i] * (x[i] - meanX) * (x[i] - meanX);
        }
        return products / squares;
    }

    private static double mean(double[] values, double[] weights) {
        double sum = 0;
        double weight = 0;
        for (int i = 0; i < values.length; i++) {
            sum += values[i] * weights[i];
            weight += weights[i];
        }
        return sum / weight;
    }

    private static double quantile(double[] sums, List<Row> rows, double share) {
        Integer[] order = new Integer[sums.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> sums[i]));
        double total = rows.stream().mapToDouble(Row::weight).sum();
        double below = 0;
        for (int i : order) {
            below += rows.get(i).weight();
            if (below >= share * total) {
                return sums[i];
            }
        }
        return sums[order[order.length - 1]];
    }
}
