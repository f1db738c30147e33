package dev.sluice.verify;

import java.util.List;

/**
 * Least cosines, by what is left to explain when no sign was found. The fewer content words two questions share, the less
 * it proves; a single word that stands for another is more suspicious than many, for the embedding hardly sees it, while
 * a text of other words that is still close to it is a rephrasing. Above 1: never.
 *
 * @param same the content is the same; by the number of content words from 0
 * @param reordered the same, but not its order; likewise
 * @param added one side has common words of its own; by the number of shared content words from 0
 * @param rare what has to be added to that for a rare one
 * @param moved what has to be added where the order has changed as well
 * @param replaced both sides have words of their own; by the most of them on a side, from 1
 * @param shared least number of content words that have to be shared then
 */
record Gates(double[] same, double[] reordered, double[] added, double rare, double moved, double[] replaced,
        int shared) {

    /** The least cosine at which these two are the same. */
    double least(Pairing pairing) {
        int shared = pairing.shared();
        boolean moved = OrderSign.reordered(pairing);
        List<Token> unpaired = pairing.unpaired();
        if (unpaired.isEmpty()) {
            return at(moved ? reordered : same, shared);
        }
        double gate;
        if (pairing.oneSided()) {
            gate = at(added, shared);
            for (Token token : unpaired) {
                if (!CommonWords.has(token)) {
                    gate = at(added, shared) + rare;
                }
            }
        } else if (shared < this.shared) {
            gate = 2;
        } else {
            gate = at(replaced, pairing.replaced() - 1);
        }
        return moved ? gate + this.moved : gate;
    }

    /** The least of all. */
    double floor() {
        double floor = 1;
        for (double[] gates : List.of(same, reordered, added, replaced)) {
            for (double gate : gates) {
                floor = Math.min(floor, gate);
            }
        }
        return floor;
    }

    private static double at(double[] gates, int index) {
        return gates[Math.min(index, gates.length - 1)];
    }
}
