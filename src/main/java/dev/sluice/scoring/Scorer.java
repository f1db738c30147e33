package dev.sluice.scoring;

import dev.sluice.Complexity;

/**
 * Tells how hard a prompt looks, by looking at it: no I/O, no state, microseconds. The same prompt gets the same score on
 * every replica, in every locale, on the JVM and natively. Work is linear in the prompt's length up to a bound beyond
 * which the middle of the prompt is not read.
 */
public interface Scorer {
    Complexity score(String prompt);
}
