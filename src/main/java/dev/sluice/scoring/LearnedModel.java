package dev.sluice.scoring;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What was learned about prompts: the rules' score and step functions of single traits, added up (a generalised additive
 * model, so every trait's part can be told); what the sum means as a probability, and what that means as a complexity.
 * Written as text, a line for each part, so that a change can be read.
 *
 * @param rules weight of the rules' sum of strengths
 * @param steps what data add to the rules
 * @param intercept and
 * @param slope of the logistic function that makes a probability of the sum
 * @param probabilities ascending, where the complexity is
 * @param complexities ascending, 0..1; linear between two of them, constant below the first
 */
record LearnedModel(double rules, List<Steps> steps, double intercept, double slope, double[] probabilities,
        double[] complexities) {

    private static final String VERSION = "sluice-scorer 1";

    /** @param rulesSum what {@link RulesScorer#sum} says of the prompt */
    double sum(double[] traits, double rulesSum) {
        double sum = rules * rulesSum;
        for (Steps function : steps) {
            sum += function.at(traits);
        }
        return sum;
    }

    /** Probability that the cheap tier's answer is worse than the strong one's, for a prompt of this sum. */
    double pWorse(double sum) {
        return 1 / (1 + StrictMath.exp(-(intercept + slope * sum)));
    }

    double complexity(double pWorse) {
        int i = 1;
        while (i < probabilities.length - 1 && pWorse > probabilities[i]) {
            i++;
        }
        double share = (pWorse - probabilities[i - 1]) / (probabilities[i] - probabilities[i - 1]);
        return complexities[i - 1] + Math.max(0, share) * (complexities[i] - complexities[i - 1]);
    }

    /** @param comment what the reader of the file should know, a line each */
    String write(List<String> comment) {
        StringBuilder text = new StringBuilder(VERSION).append('\n');
        comment.forEach(line -> text.append("# ").append(line).append('\n'));
        text.append("rules ").append((float) rules).append('\n');
        text.append("logistic ").append((float) intercept).append(' ').append((float) slope).append('\n');
        for (int i = 0; i < probabilities.length; i++) {
            text.append("map ").append(probabilities[i]).append(' ').append(complexities[i]).append('\n');
        }
        steps.forEach(function -> text.append("steps ").append(function.write()).append('\n'));
        return text.toString();
    }

    /** @throws IllegalArgumentException if this is no model, or one of another version */
    static LearnedModel read(BufferedReader text) throws IOException {
        String version = text.readLine();
        if (!VERSION.equals(version)) {
            throw new IllegalArgumentException("expected a model of version \"" + VERSION + "\", found: " + version);
        }
        double rules = 0;
        double[] logistic = { 0, 1};
        List<double[]> map = new ArrayList<>();
        List<Steps> steps = new ArrayList<>();
        for (String line = text.readLine(); line != null; line = text.readLine()) {
            List<String> words = Arrays.asList(line.split(" "));
            switch (words.get(0)) {
                case "#" -> {
                    // for people
                }
                case "rules" -> rules = Double.parseDouble(words.get(1));
                case "logistic" -> logistic = pair(words);
                case "map" -> map.add(pair(words));
                case "steps" -> steps.add(Steps.read(words.subList(1, words.size())));
                default -> throw new IllegalArgumentException("unknown part of a model: " + words.get(0));
            }
        }
        return new LearnedModel(rules, List.copyOf(steps), logistic[0], logistic[1],
                map.stream().mapToDouble(pair -> pair[0]).toArray(),
                map.stream().mapToDouble(pair -> pair[1]).toArray());
    }

    private static double[] pair(List<String> words) {
        return new double[]{ Double.parseDouble(words.get(1)), Double.parseDouble(words.get(2))};
    }
}
