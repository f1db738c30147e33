package dev.sluice.scoring;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gradient boosting of small regression trees on squared error, with histograms of the traits; no randomness.
 *
 * @param trees how many
 * @param leaves of each tree
 * @param rate share of a tree's prediction that is kept
 * @param leastExamples in a leaf
 * @param penalty on the square of a leaf's value, in examples
 */
record Boosting(int trees, int leaves, double rate, int leastExamples, double penalty) {

    private static final int MAX_BINS = 128;

    /** Trees whose sum is close to {@code target}, which is centred; weights have a mean of about 1. */
    List<Tree> fit(double[][] traits, double[] target, double[] weights) {
        Bins bins = new Bins(traits);
        double[] residual = target.clone();
        List<Tree> fitted = new ArrayList<>();
        for (int i = 0; i < trees; i++) {
            Tree tree = new Growth(bins, residual, weights).tree();
            fitted.add(tree);
            for (int row = 0; row < residual.length; row++) {
                residual[row] -= tree.predict(traits[row]);
            }
        }
        return fitted;
    }

    /** The traits cut into at most 128 values each. */
    private static final class Bins {
        private final double[][] upTo;
        private final byte[][] binOf;

        Bins(double[][] traits) {
            int columns = traits[0].length;
            upTo = new double[columns][];
            binOf = new byte[columns][traits.length];
            for (int column = 0; column < columns; column++) {
                double[] values = new double[traits.length];
                for (int row = 0; row < traits.length; row++) {
                    values[row] = traits[row][column];
                }
                upTo[column] = thresholds(values);
                for (int row = 0; row < traits.length; row++) {
                    int at = Arrays.binarySearch(upTo[column], values[row]);
                    binOf[column][row] = (byte) (at < 0 ? -at - 1 : at);
                }
            }
        }

        /** Between neighbouring values where they are few, else between quantiles; short numbers. */
        private static double[] thresholds(double[] values) {
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            double[] distinct = Arrays.stream(sorted).distinct().toArray();
            double[] candidates = new double[Math.min(MAX_BINS, distinct.length) - 1];
            for (int i = 0; i < candidates.length; i++) {
                double[] from = distinct.length <= MAX_BINS ? distinct : sorted;
                int at = (int) ((i + 1L) * from.length / (candidates.length + 1));
                candidates[i] = (float) ((from[at - 1] + from[at]) / 2);
            }
            return Arrays.stream(candidates).distinct().toArray();
        }
    }

    /** A set of rows that may become two. */
    private final class Leaf {
        private final int[] rows;
        private final double value;
        private double bestGain;
        private int bestTrait = -1;
        private int bestBin;
        private Leaf low;
        private Leaf high;

        Leaf(int[] rows, Bins bins, double[] residual, double[] weights) {
            this.rows = rows;
            double sum = 0;
            double weight = 0;
            for (int row : rows) {
                sum += residual[row] * weights[row];
                weight += weights[row];
            }
            value = rate * sum / (weight + penalty);
            findSplit(bins, residual, weights, sum, weight);
        }

        private void findSplit(Bins bins, double[] residual, double[] weights, double sum, double weight) {
            double alone = sum * sum / (weight + penalty);
            for (int trait = 0; trait < bins.upTo.length; trait++) {
                int count = bins.upTo[trait].length + 1;
                double[] sums = new double[count];
                double[] masses = new double[count];
                int[] examples = new int[count];
                byte[] binOf = bins.binOf[trait];
                for (int row : rows) {
                    sums[binOf[row]] += residual[row] * weights[row];
                    masses[binOf[row]] += weights[row];
                    examples[binOf[row]]++;
                }
                double lowSum = 0;
                double lowMass = 0;
                int lowExamples = 0;
                for (int bin = 0; bin < count - 1; bin++) {
                    lowSum += sums[bin];
                    lowMass += masses[bin];
                    lowExamples += examples[bin];
                    if (lowExamples < leastExamples || rows.length - lowExamples < leastExamples) {
                        continue;
                    }
                    double gain = lowSum * lowSum / (lowMass + penalty)
                            + (sum - lowSum) * (sum - lowSum) / (weight - lowMass + penalty) - alone;
                    if (gain > bestGain + 1e-9) {
                        bestGain = gain;
                        bestTrait = trait;
                        bestBin = bin;
                    }
                }
            }
        }

        private void write(Tree.Builder builder, Bins bins) {
            if (low == null) {
                builder.leaf(value);
                return;
            }
            int split = builder.split(bestTrait, bins.upTo[bestTrait][bestBin]);
            low.write(builder, bins);
            builder.otherwise(split);
            high.write(builder, bins);
        }
    }

    private final class Growth {
        private final Bins bins;
        private final double[] residual;
        private final double[] weights;

        Growth(Bins bins, double[] residual, double[] weights) {
            this.bins = bins;
            this.residual = residual;
            this.weights = weights;
        }

        Tree tree() {
            int[] all = new int[residual.length];
            Arrays.setAll(all, row -> row);
            Leaf root = new Leaf(all, bins, residual, weights);
            List<Leaf> open = new ArrayList<>(List.of(root));
            while (open.size() < leaves) {
                Leaf best = open.stream().reduce((a, b) -> b.bestGain > a.bestGain ? b : a).orElseThrow();
                if (best.bestTrait < 0) {
                    break;
                }
                open.remove(best);
                split(best);
                open.add(best.low);
                open.add(best.high);
            }
            Tree.Builder builder = new Tree.Builder();
            root.write(builder, bins);
            return builder.build();
        }

        private void split(Leaf leaf) {
            byte[] binOf = bins.binOf[leaf.bestTrait];
            leaf.low = leaf(Arrays.stream(leaf.rows).filter(row -> binOf[row] <= leaf.bestBin).toArray());
            leaf.high = leaf(Arrays.stream(leaf.rows).filter(row -> binOf[row] > leaf.bestBin).toArray());
        }

        private Leaf leaf(int[] rows) {
            return new Leaf(rows, bins, residual, weights);
        }
    }
}
