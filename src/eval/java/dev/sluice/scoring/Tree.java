package dev.sluice.scoring;

import java.util.Arrays;

/** A regression tree over {@link Traits}. */
final class Tree {
    private static final int LEAF = -1;

    private final int[] trait;
    private final double[] threshold;
    private final int[] above;
    private final double[] value;

    private Tree(int[] trait, double[] threshold, int[] above, double[] value) {
        this.trait = trait;
        this.threshold = threshold;
        this.above = above;
        this.value = value;
    }

    double predict(double[] traits) {
        int node = 0;
        while (trait[node] != LEAF) {
            node = traits[trait[node]] <= threshold[node] ? node + 1 : above[node];
        }
        return value[node];
    }

    /** What the root asks for; -1 if it is a leaf. */
    int rootTrait() {
        return trait[0];
    }

    double rootThreshold() {
        return threshold[0];
    }

    /** Collects nodes in preorder: the child for values up to the threshold follows its parent. */
    static final class Builder {
        private static final int MAX_NODES = 64;

        private final int[] trait = new int[MAX_NODES];
        private final double[] threshold = new double[MAX_NODES];
        private final int[] above = new int[MAX_NODES];
        private final double[] value = new double[MAX_NODES];
        private int nodes;

        void leaf(double says) {
            trait[nodes] = LEAF;
            value[nodes++] = says;
        }

        /** The node of a split whose first child comes next; to be closed by {@link #otherwise}. */
        int split(int by, double upTo) {
            trait[nodes] = by;
            threshold[nodes] = upTo;
            return nodes++;
        }

        /** The next node is the second child of this split. */
        void otherwise(int split) {
            above[split] = nodes;
        }

        Tree build() {
            return new Tree(Arrays.copyOf(trait, nodes), Arrays.copyOf(threshold, nodes), Arrays.copyOf(above, nodes),
                    Arrays.copyOf(value, nodes));
        }
    }
}
