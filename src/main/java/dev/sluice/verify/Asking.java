package dev.sluice.verify;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What kind of answer a question asks for. */
final class Asking {
    private static final int WHAT = 1;
    private static final int WHO = 2;
    private static final int WHEN = 4;
    private static final int WHERE = 8;
    private static final int WHY = 16;
    private static final int HOW = 32;
    private static final int MANY = 64;
    private static final int LONG = 128;
    private static final int YES_NO = 256;
    private static final Map<String, Integer> WORDS = Map.ofEntries(Map.entry("what", WHAT), Map.entry("what's", WHAT),
            Map.entry("whats", WHAT), Map.entry("which", WHAT), Map.entry("who", WHO), Map.entry("who's", WHO),
            Map.entry("whom", WHO), Map.entry("whose", WHO), Map.entry("when", WHEN), Map.entry("when's", WHEN),
            Map.entry("where", WHERE), Map.entry("where's", WHERE), Map.entry("why", WHY), Map.entry("why's", WHY),
            Map.entry("how", HOW), Map.entry("how's", HOW), Map.entry("hows", HOW), Map.entry("was", WHAT),
            Map.entry("welche", WHAT), Map.entry("welcher", WHAT), Map.entry("welches", WHAT),
            Map.entry("welchen", WHAT), Map.entry("welchem", WHAT), Map.entry("wer", WHO), Map.entry("wen", WHO),
            Map.entry("wem", WHO), Map.entry("wessen", WHO), Map.entry("wann", WHEN), Map.entry("wo", WHERE),
            Map.entry("wohin", WHERE), Map.entry("woher", WHERE), Map.entry("warum", WHY), Map.entry("wieso", WHY),
            Map.entry("weshalb", WHY), Map.entry("wie", HOW));
    /** What makes "what" and "which" ask for something else. */
    private static final Map<String, Integer> HEADS = Map.ofEntries(Map.entry("time", WHEN), Map.entry("date", WHEN),
            Map.entry("year", WHEN), Map.entry("day", WHEN), Map.entry("place", WHERE), Map.entry("country", WHERE),
            Map.entry("city", WHERE), Map.entry("location", WHERE), Map.entry("reason", WHY), Map.entry("reasons", WHY),
            Map.entry("cause", WHY), Map.entry("causes", WHY), Map.entry("way", HOW), Map.entry("ways", HOW),
            Map.entry("method", HOW), Map.entry("methods", HOW), Map.entry("process", HOW), Map.entry("steps", HOW),
            Map.entry("procedure", HOW), Map.entry("tip", HOW), Map.entry("tips", HOW),
            Map.entry("trick", HOW), Map.entry("tricks", HOW), Map.entry("technique", HOW),
            Map.entry("techniques", HOW),
            Map.entry("strategy", HOW), Map.entry("strategies", HOW), Map.entry("purpose", WHY),
            Map.entry("point", WHY),
            Map.entry("age", MANY), Map.entry("height", MANY), Map.entry("distance", MANY), Map.entry("size", MANY),
            Map.entry("speed", MANY), Map.entry("weight", MANY), Map.entry("salary", MANY), Map.entry("fee", MANY),
            Map.entry("fees", MANY), Map.entry("percentage", MANY), Map.entry("population", MANY),
            Map.entry("person", WHO), Map.entry("number", MANY),
            Map.entry("amount", MANY), Map.entry("price", MANY), Map.entry("cost", MANY), Map.entry("do", HOW),
            Map.entry("uhrzeit", WHEN), Map.entry("jahr", WHEN), Map.entry("tag", WHEN), Map.entry("datum", WHEN),
            Map.entry("ort", WHERE), Map.entry("stadt", WHERE), Map.entry("land", WHERE), Map.entry("grund", WHY),
            Map.entry("gründe", WHY), Map.entry("ursache", WHY), Map.entry("ursachen", WHY), Map.entry("weg", HOW),
            Map.entry("schritte", HOW), Map.entry("anzahl", MANY), Map.entry("preis", MANY));
    private static final Map<String, Integer> MEASURES = Map.ofEntries(Map.entry("many", MANY), Map.entry("much", MANY),
            Map.entry("long", LONG), Map.entry("often", LONG), Map.entry("old", MANY), Map.entry("tall", MANY),
            Map.entry("far", MANY), Map.entry("big", MANY), Map.entry("high", MANY), Map.entry("deep", MANY),
            Map.entry("heavy", MANY), Map.entry("come", WHY), Map.entry("viel", MANY), Map.entry("viele", MANY),
            Map.entry("vielen", MANY), Map.entry("lange", LONG), Map.entry("oft", LONG), Map.entry("alt", MANY),
            Map.entry("weit", MANY), Map.entry("groß", MANY), Map.entry("hoch", MANY), Map.entry("tief", MANY),
            Map.entry("schwer", MANY));
    private static final Map<String, Integer> EXISTING = Map.of("way", HOW, "ways", HOW, "reason", WHY);
    private static final Set<String> OBTAINING = Set.of("find", "get", "buy", "purchase", "obtain", "download", "order",
            "finde", "finden", "bekomme", "bekommen", "kaufe", "kaufen", "kriege", "kriegen");
    private static final int NEAR = 3;
    private static final Set<String> IS = Set.of("heißt", "lautet", "heisst");

    private Asking() {
    }

    /** Whether no answer fits both. */
    static boolean differ(int a, int b) {
        return a != 0 && b != 0 && (a & b) == 0 && !(open(a, b) || open(b, a));
    }

    /** "What" may ask for anything but a way, a time or a measure, which have words of their own. */
    private static boolean open(int a, int b) {
        return (a & WHAT) != 0 && (b & (WHY | WHO | YES_NO)) != 0;
    }

    /** Of all sentences; none for what only states or orders. */
    static int kinds(List<Token> tokens) {
        int kinds = 0;
        boolean before = false;
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.first()) {
                before = true;
                int next = i;
                while (next < tokens.size() && tokens.get(next).is(Role.COURTESY)) {
                    next++;
                }
                if (next < tokens.size() && tokens.get(next).is(Role.AUXILIARY) && !tokens.get(next).is(Role.WH)) {
                    kinds |= YES_NO | existence(tokens, next + 1);
                }
            }
            if (before && token.is(Role.WH)) {
                kinds = kinds & ~YES_NO | kind(tokens, i);
                before = false;
            }
            before &= !token.content();
        }
        return kinds;
    }

    /** "Is there a way to" also asks how, and "is there a reason" why. */
    private static int existence(List<Token> tokens, int at) {
        if (at >= tokens.size() || !tokens.get(at).lower().equals("there")) {
            return 0;
        }
        int kind = 0;
        for (int i = at + 1; i < tokens.size() && i <= at + NEAR; i++) {
            kind |= EXISTING.getOrDefault(tokens.get(i).lower(), 0);
        }
        return kind;
    }

    /** What is found or got is found somewhere in some way. */
    private static boolean obtains(List<Token> tokens, int at) {
        for (int i = at; i < tokens.size() && i < at + NEAR; i++) {
            if (OBTAINING.contains(tokens.get(i).lower())) {
                return true;
            }
        }
        return false;
    }

    private static int kind(List<Token> tokens, int at) {
        int kind = WORDS.getOrDefault(tokens.get(at).lower(), WHAT);
        String next = at + 1 < tokens.size() ? tokens.get(at + 1).lower() : "";
        if ((kind == HOW || kind == WHERE) && obtains(tokens, at + 1)) {
            return HOW | WHERE;
        }
        if (kind == HOW) {
            return IS.contains(next) ? WHAT : MEASURES.getOrDefault(next, HOW);
        }
        if (kind == WHAT) {
            for (int i = at + 1; i < tokens.size() && i < at + 7; i++) {
                kind |= HEADS.getOrDefault(tokens.get(i).lower(), 0);
            }
        }
        return kind;
    }
}
