package dev.sluice.scoring;

import java.util.Arrays;
import java.util.List;

/**
 * Ridge regression on which words, numbers, signs and pairs of neighbours occur in a prompt, hashed into 65,536 columns.
 * It learns the vocabulary of one kind of traffic, which transfers neither to other sets nor to another language: good
 * for measuring what training on one's own prompts would give, not for shipping.
 */
final class WordRegression {
    private static final int COLUMNS = 1 << 16;
    private static final double PENALTY = 2;
    private static final int ITERATIONS = 80;
    private static final double TOLERANCE = 1e-4;

    private final double[] weights;

    private WordRegression(double[] weights) {
        this.weights = weights;
    }

    /** @param target centred */
    static WordRegression fit(List<String> prompts, double[] target) {
        int[][] rows = prompts.stream().map(WordRegression::columns).toArray(int[][]::new);
        return new WordRegression(solve(rows, target));
    }

    double predict(String prompt) {
        return dot(columns(prompt), weights);
    }

    /** Conjugate gradients on the normal equations. */
    private static double[] solve(int[][] rows, double[] target) {
        double[] solution = new double[COLUMNS];
        double[] residual = transposed(rows, target);
        double[] direction = residual.clone();
        double norm = dot(residual, residual);
        double enough = norm * TOLERANCE * TOLERANCE;
        for (int i = 0; i < ITERATIONS && norm > enough; i++) {
            double[] image = new double[rows.length];
            for (int row = 0; row < rows.length; row++) {
                image[row] = dot(rows[row], direction);
            }
            double[] product = transposed(rows, image);
            for (int column = 0; column < COLUMNS; column++) {
                product[column] += PENALTY * direction[column];
            }
            double step = norm / dot(direction, product);
            for (int column = 0; column < COLUMNS; column++) {
                solution[column] += step * direction[column];
                residual[column] -= step * product[column];
            }
            double next = dot(residual, residual);
            for (int column = 0; column < COLUMNS; column++) {
                direction[column] = residual[column] + next / norm * direction[column];
            }
            norm = next;
        }
        return solution;
    }

    private static double[] transposed(int[][] rows, double[] values) {
        double[] sums = new double[COLUMNS];
        for (int row = 0; row < rows.length; row++) {
            double share = values[row] / Math.sqrt(rows[row].length);
            for (int column : rows[row]) {
                sums[column] += share;
            }
        }
        return sums;
    }

    /** The row has the length 1, however many words the prompt has. */
    private static double dot(int[] columns, double[] values) {
        double sum = 0;
        for (int column : columns) {
            sum += values[column];
        }
        return sum / Math.sqrt(columns.length);
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** At least one column, each once. */
    private static int[] columns(String prompt) {
        int[] columns = new int[2 * prompt.length() + 1];
        int count = 0;
        long previous = 0;
        int i = 0;
        while (i < prompt.length()) {
            char c = prompt.charAt(i);
            int end = i + 1;
            long hash = Lexicon.append(Lexicon.begin(), Character.toLowerCase(c));
            if (Character.isLetter(c)) {
                while (end < prompt.length() && Character.isLetter(prompt.charAt(end))) {
                    hash = Lexicon.append(hash, Character.toLowerCase(prompt.charAt(end++)));
                }
            } else if (Character.isDigit(c)) {
                while (end < prompt.length() && Character.isDigit(prompt.charAt(end))) {
                    end++;
                }
                hash = Lexicon.append(Lexicon.hash("number"), (char) (end - i));
            }
            if (c > ' ') {
                columns[count++] = column(hash);
                columns[count++] = column(31 * previous + hash);
                previous = hash;
            }
            i = end;
        }
        columns[count++] = 0;
        return Arrays.stream(columns, 0, count).sorted().distinct().toArray();
    }

    private static int column(long hash) {
        return (int) (hash * 0x9E3779B97F4A7C15L >>> 48);
    }
}
