package dev.sluice.verify;

import java.util.Locale;

/**
 * A word, number or piece of code of a question.
 *
 * @param lower as compared; a number in its plainest form
 * @param stem what its forms have in common
 * @param name the name it is one of the spellings of, else null
 * @param roles bits of {@link Role}
 * @param first of its sentence
 * @param clause first of its clause
 * @param capital begins with a capital letter, or is all capitals
 * @param quoted stands in quotation marks
 * @param place among all tokens of the question, from 0
 */
record Token(String text, String lower, String stem, String name, Kind kind, int roles, boolean first, boolean clause,
        boolean capital, boolean quoted, int place) {

    enum Kind {
        WORD, NUMBER, CODE
    }

    boolean is(Role role) {
        return (roles & role.bit()) != 0;
    }

    /** A number, a name, a piece of code: what cannot be said in other words. */
    boolean bound() {
        return kind != Kind.WORD || name != null || capital;
    }

    boolean allCaps() {
        return text.length() > 1 && text.equals(text.toUpperCase(Locale.ROOT));
    }

    boolean content() {
        return kind != Kind.WORD || quoted || name != null
                || (roles & (Role.FUNCTION.bit() | Role.ASKING.bit() | Role.COURTESY.bit() | Role.NEGATION.bit())) == 0;
    }
}
