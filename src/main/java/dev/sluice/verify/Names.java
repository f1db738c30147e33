package dev.sluice.verify;

import java.util.HashMap;
import java.util.Map;

/** Names that people also write in lower case, by any of their spellings. */
final class Names {
    private static final Map<String, String> KNOWN = new HashMap<>();
    private static final String[] ENDINGS = { "e", "en", "er", "es", "em", "s"};

    static {
        for (String line : Resource.lines("names.txt")) {
            for (String name : line.split(" ")) {
                String[] spellings = name.split("=");
                for (String spelling : spellings) {
                    KNOWN.put(spelling, spellings[0]);
                }
            }
        }
    }

    private Names() {
    }

    /** The first of its spellings, null if it is not known. */
    static String of(String word) {
        String name = KNOWN.get(word);
        for (int i = 0; name == null && i < ENDINGS.length; i++) {
            if (word.endsWith(ENDINGS[i])) {
                name = KNOWN.get(word.substring(0, word.length() - ENDINGS[i].length()));
            }
        }
        return name;
    }
}
