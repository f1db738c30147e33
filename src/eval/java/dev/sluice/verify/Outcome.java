package dev.sluice.verify;

import dev.sluice.eval.Interval;
import java.util.Map;
import java.util.TreeMap;

/** What a cache did with the questions of a set. */
final class Outcome {
    private static final double Z = 1.959964;

    private final Map<String, int[]> reasons = new TreeMap<>();
    private int served;
    private int right;
    private int answerable;
    private int mistakable;

    /**
     * @param answerable there was a right answer in the cache
     * @param mistakable a wrong one could be served
     */
    void count(boolean served, boolean right, boolean answerable, boolean mistakable) {
        this.served += served ? 1 : 0;
        this.right += right ? 1 : 0;
        this.answerable += answerable ? 1 : 0;
        this.mistakable += mistakable ? 1 : 0;
    }

    void reason(String reason, boolean same) {
        reasons.computeIfAbsent(reason, r -> new int[2])[same ? 0 : 1]++;
    }

    int served() {
        return served;
    }

    /** Of what was served, the share that was right; not a number where nothing was. */
    double precision() {
        return share(right, served);
    }

    double recall() {
        return share(right, answerable);
    }

    double wronglyServed() {
        return share(served - right, mistakable);
    }

    Interval precisionInterval() {
        return wilson(right, served);
    }

    Interval recallInterval() {
        return wilson(right, answerable);
    }

    Interval wronglyServedInterval() {
        return wilson(served - right, mistakable);
    }

    /** For each reason how many same and how many other questions it decided about. */
    Map<String, int[]> reasons() {
        return reasons;
    }

    private static double share(int part, int whole) {
        return whole == 0 ? Double.NaN : part / (double) whole;
    }

    /** Wilson's interval of 95 %. */
    private static Interval wilson(int part, int whole) {
        if (whole == 0) {
            return new Interval(Double.NaN, Double.NaN);
        }
        double share = part / (double) whole;
        double middle = (share + Z * Z / (2 * whole)) / (1 + Z * Z / whole);
        double half = Z / (1 + Z * Z / whole) * Math.sqrt(share * (1 - share) / whole + Z * Z / (4.0 * whole * whole));
        return new Interval(Math.max(0, middle - half), Math.min(1, middle + half));
    }
}
