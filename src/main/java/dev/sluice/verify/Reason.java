package dev.sluice.verify;

import java.util.Locale;

/** What decided about a pair of questions. */
enum Reason {
    /** The same words; only case, spaces or marks at the end differ. */
    IDENTICAL,
    /** No sign of a difference. */
    NO_SIGN,
    /** Not checked beyond the cosine. */
    UNCHECKED,
    /** Too far apart for a question of this kind. */
    THRESHOLD,
    /** Other numbers. */
    NUMBER,
    /** A word of the content that has no counterpart. */
    WORD;

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
