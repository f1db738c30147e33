package dev.sluice.eval;

import dev.sluice.scoring.RoutingEvaluation;
import dev.sluice.verify.CacheEvaluation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Measures the quality of what decides: {@code ./mvnw -Peval verify -Deval.data=DIR}. With {@code -Deval.test=DIR2}
 * everything that is trained or thresholded is fixed on DIR and reported on DIR2; {@code -Deval.out=FILE} takes the rows;
 * {@code -Deval.train=FILE} writes the trained scorer.
 */
public final class Evaluation {

    /** One subject to measure. */
    public interface Measurement {
        /** @param test the same as {@code data} where nothing was held back: then what is trained is cross-validated */
        void measure(DataSets data, DataSets test, boolean heldBack, Report report);
    }

    private static final List<Measurement> MEASUREMENTS = List.of(new RoutingEvaluation(), new CacheEvaluation());

    private Evaluation() {
    }

    public static void main(String[] arguments) throws IOException {
        String data = System.getProperty("eval.data", "");
        if (data.isBlank()) {
            throw new IllegalArgumentException("-Deval.data=DIR is missing: the folder with the *.jsonl.gz sets");
        }
        String test = System.getProperty("eval.test", "");
        Report report = new Report(System.out);
        DataSets sets = new DataSets(Path.of(data));
        for (Measurement measurement : MEASUREMENTS) {
            measurement.measure(sets, test.isBlank() ? sets : new DataSets(Path.of(test)), !test.isBlank(), report);
        }
        report.write(Path.of(System.getProperty("eval.out", "target/eval.json")));
    }
}
