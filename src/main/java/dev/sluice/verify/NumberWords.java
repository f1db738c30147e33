package dev.sluice.verify;

import java.util.HashMap;
import java.util.Map;

/** Numbers in words, German and English. "One" and "ein" are articles and pronouns first, and no numbers here. */
final class NumberWords {
    private static final Map<String, Long> ENGLISH = new HashMap<>();
    private static final Map<String, Long> GERMAN = new HashMap<>();
    private static final String[] UNITS = { "zero", "", "two", "three", "four", "five", "six", "seven", "eight", "nine",
            "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
            "nineteen"};
    private static final String[] TENS = { "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty",
            "ninety"};
    private static final String[] ORDINALS = { "", "", "second", "third", "fourth", "fifth", "sixth", "seventh",
            "eighth", "ninth", "tenth"};
    private static final String[] EINHEITEN = { "null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben",
            "acht",
            "neun", "zehn", "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
            "neunzehn"};
    private static final String[] ZEHNER = { "", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig",
            "achtzig", "neunzig"};
    private static final String[] ORDNUNG = { "", "", "zweite", "dritte", "vierte", "fünfte", "sechste", "siebte",
            "achte", "neunte", "zehnte"};

    static {
        for (int i = 0; i < UNITS.length; i++) {
            ENGLISH.put(UNITS[i], (long) i);
            GERMAN.put(EINHEITEN[i], (long) i);
        }
        for (int i = 2; i < TENS.length; i++) {
            ENGLISH.put(TENS[i], 10L * i);
            GERMAN.put(ZEHNER[i], 10L * i);
            for (int j = 1; j < TENS.length; j++) {
                GERMAN.put(EINHEITEN[j] + "und" + ZEHNER[i], 10L * i + j);
            }
        }
        for (int i = 2; i < ORDINALS.length; i++) {
            ENGLISH.put(ORDINALS[i], (long) i);
            for (String ending : new String[]{ "", "n", "r", "s", "m"}) {
                GERMAN.put(ORDNUNG[i] + ending, (long) i);
            }
        }
        ENGLISH.put("hundred", 100L);
        ENGLISH.put("thousand", 1_000L);
        ENGLISH.put("million", 1_000_000L);
        ENGLISH.put("billion", 1_000_000_000L);
        GERMAN.put("hundert", 100L);
        GERMAN.put("tausend", 1_000L);
        GERMAN.put("million", 1_000_000L);
        GERMAN.put("millionen", 1_000_000L);
        GERMAN.put("milliarde", 1_000_000_000L);
        GERMAN.put("milliarden", 1_000_000_000L);
        GERMAN.put("eins", 1L);
        GERMAN.remove("ein");
        ENGLISH.remove("");
    }

    private NumberWords() {
    }

    /** Its value, or null if the word is none. */
    static Long of(String word, Language language) {
        return switch (language) {
            case ENGLISH -> ENGLISH.get(word);
            case GERMAN -> GERMAN.get(word);
            case OTHER -> null;
        };
    }
}
