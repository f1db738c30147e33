package dev.sluice.verify;

import java.util.HashSet;
import java.util.Set;

/** English words that say little when they are added; a rare one narrows a question. */
final class CommonWords {
    private static final Set<String> STEMS = new HashSet<>();

    static {
        for (String line : Resource.lines("common-english.txt")) {
            for (String word : line.split(" ")) {
                STEMS.add(Stems.of(word, Language.ENGLISH));
            }
        }
    }

    private CommonWords() {
    }

    static boolean has(Token token) {
        return STEMS.contains(token.stem());
    }
}
