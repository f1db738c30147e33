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
    LANGUAGE,
    /** Code, addresses, quotations, symbols. */
    LITERAL, NUMBER, NAME, NEGATION, OPPOSITE,
    /** Who, when, how many: another kind of answer is asked for. */
    QUESTION,
    /** One of them tells how to answer, or adds to the other. */
    INSTRUCTION,
    /** One of them tells that something does not work. */
    TROUBLE,
    /** The same words in other roles. */
    ORDER,
    /** So long that a difference hardly shows in the embedding. */
    LENGTH;

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
