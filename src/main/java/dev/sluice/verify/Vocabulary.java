package dev.sluice.verify;

import java.util.HashMap;
import java.util.Map;

/** The roles of a language's words. */
final class Vocabulary {
    private static final Vocabulary ENGLISH = new Vocabulary("english.txt").with("verbs-english.txt", Role.VERB);
    private static final Vocabulary GERMAN = new Vocabulary("german.txt");
    private static final Vocabulary NONE = new Vocabulary();

    private final Map<String, Integer> roles = new HashMap<>();

    private Vocabulary() {
    }

    private Vocabulary(String resource) {
        for (String line : Resource.lines(resource)) {
            int colon = line.indexOf(": ");
            int bit = Role.valueOf(line.substring(0, colon)).bit();
            add(line.substring(colon + 2), bit);
        }
    }

    private Vocabulary with(String resource, Role role) {
        Resource.lines(resource).forEach(line -> add(line, role.bit()));
        return this;
    }

    private void add(String words, int bit) {
        for (String word : words.split(" ")) {
            roles.merge(word, bit, (a, b) -> a | b);
        }
    }

    static Vocabulary of(Language language) {
        return switch (language) {
            case ENGLISH -> ENGLISH;
            case GERMAN -> GERMAN;
            case OTHER -> NONE;
        };
    }

    /** Whether it tells the language: verbs are too many for that, and some are words of another language too. */
    boolean knows(String word) {
        return (roles(word) & ~Role.VERB.bit()) != 0;
    }

    /** The bits of all its roles. */
    int roles(String word) {
        return roles.getOrDefault(word, 0);
    }
}
