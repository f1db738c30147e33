package dev.sluice.scoring;

import dev.sluice.scoring.Training.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The scorer that ships, as trained on the data at hand. A problem that it has learned from is scored by a model trained
 * without that problem's fold, where nothing else was held back.
 */
final class Shipped {
    private final LearnedModel model;
    private final List<LearnedModel> withoutFold;
    private final Set<String> learned;

    private Shipped(LearnedModel model, List<LearnedModel> withoutFold, Set<String> learned) {
        this.model = model;
        this.withoutFold = withoutFold;
        this.learned = learned;
    }

    static Shipped train(List<RoutingSet> sets, boolean heldBack) {
        List<Row> rows = Training.rows(sets, Set.of());
        LearnedModel model = Training.calibrated(Training.transfer(rows), rows);
        if (heldBack) {
            return new Shipped(model, List.of(), Set.of());
        }
        List<LearnedModel> withoutFold = new ArrayList<>();
        for (int fold = 0; fold < Training.FOLDS; fold++) {
            int held = fold;
            LearnedModel part = Training
                    .transfer(rows.stream().filter(row -> row.example().fold(Training.FOLDS) != held).toList());
            withoutFold.add(new LearnedModel(part.rules(), part.steps(), model.intercept(), model.slope(),
                    model.probabilities(), model.complexities()));
        }
        return new Shipped(model, withoutFold,
                rows.stream().map(row -> row.example().key()).collect(Collectors.toSet()));
    }

    LearnedModel model() {
        return model;
    }

    double pWorse(Example example) {
        LearnedModel judge = learned.contains(example.key()) ? withoutFold.get(example.fold(Training.FOLDS)) : model;
        return judge.pWorse(sum(judge, example.prompt()));
    }

    double complexity(Example example) {
        return model.complexity(pWorse(example));
    }

    static double sum(LearnedModel model, String prompt) {
        Sightings seen = Sightings.in(prompt);
        double rules = RulesScorer.sum(RulesScorer.parts(seen));
        return model.sum(Traits.of(seen, rules), rules);
    }
}
