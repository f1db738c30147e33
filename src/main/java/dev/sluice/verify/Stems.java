package dev.sluice.verify;

import java.util.HashMap;
import java.util.Map;

/**
 * Light stems: enough for the forms of one word to meet, too little to join different words. What remains has at least
 * three letters.
 */
final class Stems {
    private static final int LEAST = 3;
    private static final String[] ENGLISH = { "ingly", "edly", "ings", "ing", "ies", "ied", "ers", "est", "ed", "er",
            "es", "ly", "s", "e", "y"};
    private static final String[] GERMAN = { "ungen", "test", "ung", "ten", "tet", "ern", "est", "end", "em", "en",
            "er", "es", "et", "te", "st", "e", "n", "s", "t"};

    private static final Map<String, String> IRREGULAR = new HashMap<>();

    static {
        for (String line : Resource.lines("irregular-english.txt")) {
            String[] forms = line.split(" ");
            for (String form : forms) {
                IRREGULAR.put(form, forms[0]);
            }
        }
    }

    private Stems() {
    }

    static String of(String word, Language language) {
        return switch (language) {
            case ENGLISH -> single(cut(IRREGULAR.getOrDefault(word, word), ENGLISH));
            case GERMAN -> cut(plain(word), GERMAN);
            case OTHER -> word;
        };
    }

    private static String cut(String word, String[] endings) {
        for (String ending : endings) {
            if (word.length() - ending.length() >= LEAST && word.endsWith(ending)) {
                return word.substring(0, word.length() - ending.length());
            }
        }
        return word;
    }

    /** "stopp" of "stopping" is "stop". */
    private static String single(String stem) {
        int end = stem.length() - 1;
        return end >= LEAST && stem.charAt(end) == stem.charAt(end - 1) ? stem.substring(0, end) : stem;
    }

    private static String plain(String word) {
        StringBuilder plain = new StringBuilder(word.length());
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            switch (c) {
                case 'ä' -> plain.append('a');
                case 'ö' -> plain.append('o');
                case 'ü' -> plain.append('u');
                case 'ß' -> plain.append("ss");
                default -> plain.append(c);
            }
        }
        return plain.toString();
    }
}
