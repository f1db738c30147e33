package dev.sluice.config;

import java.util.Collection;
import java.util.Optional;

/** The key that somebody probably meant. */
final class Nearest {
    private static final int MAX_EDITS = 3;

    private Nearest() {
    }

    static Optional<String> to(String mistyped, Collection<String> known) {
        String best = null;
        int least = MAX_EDITS + 1;
        for (String candidate : known) {
            int edits = edits(mistyped, candidate);
            if (edits < least) {
                least = edits;
                best = candidate;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Levenshtein distance. */
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
