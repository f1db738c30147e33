package dev.sluice.scoring;

import dev.sluice.Complexity;
import dev.sluice.Complexity.Feature;
import java.util.List;

/**
 * Tells how hard a prompt looks, by looking at it: no I/O, no state, microseconds. The same prompt gets the same score on
 * every replica, in every locale, on the JVM and natively. Work is linear in the prompt's length up to a bound beyond
 * which the middle of the prompt is not read.
 */
public interface Scorer {
    Complexity score(String prompt);

    /** What makes that score, the weightiest first: for who wants to know, beside the requests that only need the score. */
    List<Feature> explain(String prompt);
}
