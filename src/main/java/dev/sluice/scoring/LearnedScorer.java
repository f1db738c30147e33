package dev.sluice.scoring;

import dev.sluice.Complexity;
import dev.sluice.Complexity.Feature;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The rules corrected by what public data show about cheap and strong models. Estimates the probability that the cheap
 * tier's answer would be worse, and maps it onto the tiers' scale; {@code src/eval} trains and measures it.
 */
final class LearnedScorer implements Scorer {
    private static final String RESOURCE = "/scoring/learned.txt";
    private static final double NOTICEABLE = .005;
    private static final double NEARLY_ZERO = 1e-9;
    private static final Comparator<Feature> WEIGHTIEST = Comparator
            .comparingDouble((Feature feature) -> Math.abs(feature.weight())).reversed();

    private static final LearnedScorer SHIPPED = read();

    private final LearnedModel model;

    LearnedScorer(LearnedModel model) {
        this.model = model;
    }

    /** With the coefficients that ship. */
    static LearnedScorer shipped() {
        return SHIPPED;
    }

    private static LearnedScorer read() {
        try (InputStream in = LearnedScorer.class.getResourceAsStream(RESOURCE);
                BufferedReader text = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return new LearnedScorer(LearnedModel.read(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Complexity score(String prompt) {
        Sightings seen = Sightings.in(prompt);
        double rules = RulesScorer.sum(RulesScorer.parts(seen));
        double pWorse = model.pWorse(model.sum(Traits.of(seen, rules), rules));
        return new Complexity(model.complexity(pWorse), OptionalDouble.of(pWorse));
    }

    /** Shares of the sum, on the scale of the complexity; what every prompt has in common comes as one of them. */
    @Override
    public List<Feature> explain(String prompt) {
        Sightings seen = Sightings.in(prompt);
        double[] parts = RulesScorer.parts(seen);
        double rules = RulesScorer.sum(parts);
        double[] traits = Traits.of(seen, rules);
        double sum = model.sum(traits, rules);
        double start = model.complexity(model.pWorse(0));
        double scale = Math.abs(sum) < NEARLY_ZERO ? 0 : (model.complexity(model.pWorse(sum)) - start) / sum;
        List<Feature> features = new ArrayList<>();
        add(features, "any prompt", start);
        for (Sign sign : Sign.values()) {
            add(features, sign.words(), scale * model.rules() * parts[sign.ordinal()]);
        }
        for (Steps steps : model.steps()) {
            add(features, Traits.words(steps.trait()), scale * steps.at(traits));
        }
        features.sort(WEIGHTIEST);
        return List.copyOf(features);
    }

    private static void add(List<Feature> features, String name, double weight) {
        if (Math.abs(weight) < NOTICEABLE) {
            return;
        }
        for (int i = 0; i < features.size(); i++) {
            if (features.get(i).name().equals(name)) {
                features.set(i, new Feature(name, features.get(i).weight() + weight));
                return;
            }
        }
        features.add(new Feature(name, weight));
    }
}
