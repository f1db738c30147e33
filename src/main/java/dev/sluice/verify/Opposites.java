package dev.sluice.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Words that exclude one another, by a list and by how words are built. */
final class Opposites {
    /** Beginnings that turn a word's meaning when one stands in the other's place; an empty one is missing. */
    private static final String[][] BEGINNINGS = { { "vor", "nach"}, { "ein", "aus"}, { "an", "ab"}, { "auf", "zu"},
            { "hin", "her"}, { "ober", "unter"}, { "über", "unter"}, { "innen", "außen"}, { "pro", "anti"},
            { "up", "down"}, { "in", "out"}, { "en", "dis"}, { "in", "de"}, { "pre", "post"}, { "over", "under"},
            { "im", "ex"}, { "in", "ex"}, { "un", ""}, { "dis", ""}, { "non", ""}, { "de", ""}, { "mis", ""},
            { "anti", ""}, { "ir", ""}, { "il", ""}, { "nicht", ""}, { "miss", ""}, { "haupt", "neben"},
            { "links", "rechts"}, { "mini", "maxi"}, { "mikro", "makro"}, { "micro", "macro"}, { "be", "ent"},
            { "ver", "ent"}, { "en", "de"}, { "ent", ""}, { "inter", "intra"}, { "hyper", "hypo"}, { "mono", "poly"},
            { "after", "before"}, { "on", "off"}, { "auf", "ab"}, { "hoch", "herunter"}, { "hoch", "runter"}};
    private static final String[][] ENDINGS = { { "voll", "los"}, { "ful", "less"}, { "", "los"}, { "", "less"},
            { "er", "ee"}, { "", "frei"}, { "", "free"}};
    private static final int LEAST = 3;

    private static final Opposites ENGLISH = new Opposites(Language.ENGLISH, "opposites-english.txt",
            "antonyms-english.txt");
    private static final Opposites GERMAN = new Opposites(Language.GERMAN, "opposites-german.txt");

    private final Map<String, List<int[]>> words = new HashMap<>();
    private final Map<String, List<int[]>> stems = new HashMap<>();

    private Opposites(Language language, String... resources) {
        int line = 0;
        for (String resource : resources) {
            for (String text : Resource.lines(resource)) {
                String[] sides = text.split("\\|");
                for (int side = 0; side < sides.length; side++) {
                    for (String word : sides[side].strip().split(" ")) {
                        add(word, language, new int[]{ line, side});
                    }
                }
                line++;
            }
        }
    }

    private void add(String word, Language language, int[] place) {
        words.computeIfAbsent(word, w -> new ArrayList<>()).add(place);
        stems.computeIfAbsent(Stems.of(word, language), w -> new ArrayList<>()).add(place);
    }

    static Opposites of(Language language) {
        return language == Language.GERMAN ? GERMAN : ENGLISH;
    }

    /** Whether one of them in the other's place asks for something else. */
    boolean exclude(Token a, Token b) {
        int listed = listed(a, b);
        return listed > 0 || listed == 0 && built(a.lower(), b.lower());
    }

    /** Whether a list sets these two against each other as they stand. */
    boolean listed(String a, String b) {
        return listed(words.get(a), words.get(b)) > 0;
    }

    private int listed(Token a, Token b) {
        int asWords = listed(words.get(a.lower()), words.get(b.lower()));
        return asWords == 0 ? listed(stems.get(a.stem()), stems.get(b.stem())) : asWords;
    }

    /** 1: on different sides of a line; -1: on the same side of one; 0: on no line together. */
    private static int listed(List<int[]> ofA, List<int[]> ofB) {
        if (ofA == null || ofB == null) {
            return 0;
        }
        int answer = 0;
        for (int[] x : ofA) {
            for (int[] y : ofB) {
                if (x[0] == y[0]) {
                    if (x[1] == y[1]) {
                        return -1;
                    }
                    answer = 1;
                }
            }
        }
        return answer;
    }

    private static boolean built(String a, String b) {
        for (String[] pair : BEGINNINGS) {
            if (begin(a, b, pair[0], pair[1]) || begin(b, a, pair[0], pair[1])) {
                return true;
            }
        }
        for (String[] pair : ENDINGS) {
            if (end(a, b, pair[0], pair[1]) || end(b, a, pair[0], pair[1])) {
                return true;
            }
        }
        return false;
    }

    private static boolean begin(String a, String b, String x, String y) {
        int rest = a.length() - x.length();
        return rest >= LEAST && rest == b.length() - y.length() && a.startsWith(x) && b.startsWith(y)
                && a.regionMatches(x.length(), b, y.length(), rest);
    }

    private static boolean end(String a, String b, String x, String y) {
        int rest = a.length() - x.length();
        return rest >= LEAST && rest == b.length() - y.length() && a.endsWith(x) && b.endsWith(y)
                && a.regionMatches(0, b, 0, rest);
    }
}
