package dev.sluice.scoring;

import dev.sluice.eval.Interval;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Quality against calls to the strong model, when prompts go to it in descending order of a score. APGR and CPT are those
 * of RouteLLM (Ong et al., 2024): the performance gap recovered, averaged over all shares of strong calls, and the least
 * share that recovers so much of the gap. Equal scores count as shuffled.
 */
final class Curve {
    private static final int RESAMPLES = 1000;
    private static final long SEED = 20241101;
    private static final double TAIL = .025;

    /** Gains in descending order of score; where a group of equal scores ends. */
    private final double[] gains;
    private final int[] groupEnds;
    private final int[] order;

    Curve(List<Example> examples, double[] scores) {
        Integer[] sorted = new Integer[scores.length];
        Arrays.setAll(sorted, i -> i);
        Arrays.sort(sorted, (a, b) -> Double.compare(scores[b], scores[a]));
        order = Arrays.stream(sorted).mapToInt(i -> i).toArray();
        gains = Arrays.stream(order).mapToDouble(i -> examples.get(i).gain()).toArray();
        int[] ends = new int[scores.length];
        int groups = 0;
        for (int i = 0; i < scores.length; i++) {
            if (i + 1 == scores.length || scores[order[i]] != scores[order[i + 1]]) {
                ends[groups++] = i + 1;
            }
        }
        groupEnds = Arrays.copyOf(ends, groups);
    }

    /** Indexes of the examples in descending order of score. */
    int[] order() {
        return order.clone();
    }

    double apgr() {
        int[] once = new int[gains.length];
        Arrays.fill(once, 1);
        return apgr(once);
    }

    Interval apgrInterval() {
        return interval(this::apgr);
    }

    /** The share of prompts that has to go to the strong model to recover so much of the gap; 1 at most. */
    double callsFor(double recovered) {
        double total = Arrays.stream(gains).sum();
        double wanted = recovered * total;
        double sum = 0;
        int start = 0;
        for (int end : groupEnds) {
            double before = sum;
            for (int i = start; i < end; i++) {
                sum += gains[i];
            }
            if (sum >= wanted) {
                return (start + (end - start) * (wanted - before) / (sum - before)) / gains.length;
            }
            start = end;
        }
        return 1;
    }

    private double apgr(int[] times) {
        double all = 0;
        double area = 0;
        double sum = 0;
        long count = 0;
        int start = 0;
        for (int end : groupEnds) {
            double groupSum = 0;
            long groupCount = 0;
            for (int i = start; i < end; i++) {
                groupSum += gains[i] * times[i];
                groupCount += times[i];
            }
            area += groupCount * (sum + groupSum / 2);
            sum += groupSum;
            count += groupCount;
            start = end;
        }
        all += sum;
        return area / count / all;
    }

    private Interval interval(ToDoubleFunction<int[]> statistic) {
        SplittableRandom random = new SplittableRandom(SEED);
        double[] values = new double[RESAMPLES];
        for (int resample = 0; resample < RESAMPLES; resample++) {
            int[] times = new int[gains.length];
            for (int i = 0; i < gains.length; i++) {
                times[random.nextInt(gains.length)]++;
            }
            values[resample] = statistic.applyAsDouble(times);
        }
        Arrays.sort(values);
        return new Interval(values[(int) (TAIL * RESAMPLES)], values[(int) ((1 - TAIL) * RESAMPLES) - 1]);
    }
}
