package dev.sluice.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Words that may stand for each other: those of one line of a list, in any of their forms. */
final class Synonyms {
    private static final Synonyms ENGLISH = new Synonyms(Language.ENGLISH, "alike-english.txt", "synonyms-english.txt");
    private static final Synonyms GERMAN = new Synonyms(Language.GERMAN, "alike-german.txt");
    private static final Synonyms NONE = new Synonyms(Language.OTHER);

    /** The lines on which a stem occurs. */
    private final Map<String, List<Integer>> lines = new HashMap<>();

    private Synonyms(Language language, String... resources) {
        int line = 0;
        for (String resource : resources) {
            for (String text : Resource.lines(resource)) {
                for (String word : text.split(" ")) {
                    lines.computeIfAbsent(Stems.of(word, language), stem -> new ArrayList<>(1)).add(line);
                }
                line++;
            }
        }
    }

    static Synonyms of(Language language) {
        return switch (language) {
            case ENGLISH -> ENGLISH;
            case GERMAN -> GERMAN;
            case OTHER -> NONE;
        };
    }

    boolean alike(Token a, Token b) {
        List<Integer> ofB = lines.get(b.stem());
        if (ofB == null) {
            return false;
        }
        for (int line : lines.getOrDefault(a.stem(), List.of())) {
            if (ofB.contains(line)) {
                return true;
            }
        }
        return false;
    }
}
