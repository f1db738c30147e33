package dev.sluice.verify;

import java.util.ArrayList;
import java.util.List;

/** The pairs that nobody may get wrong. */
final class PinnedPairs {

    record Pair(String cached, String asked, boolean same) {}

    static final List<Pair> ALL = List.of(
            new Pair("Erkläre die Vorteile von Python-Generatoren", "Was sind die Vorteile von Python-Generatoren?",
                    true),
            new Pair("Erkläre die Vorteile von Python-Generatoren", "Was sind die Nachteile von Python-Generatoren?",
                    false),
            new Pair("Erkläre die Vorteile von Python-Generatoren", "Erkläre die Nachteile von Python-Generatoren",
                    false),
            new Pair("What is 17 plus 25?", "What is 17 plus 26?", false),
            new Pair("How do I enable SSH?", "How do I disable SSH?", false),
            new Pair("What is the capital of France?", "What is the capital of Finland?", false),
            new Pair("Translate this text to French", "Translate this text to German", false),
            new Pair("How do I print in Python 2?", "How do I print in Python 3?", false));

    private PinnedPairs() {
    }

    static List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (Pair pair : ALL) {
            texts.add(pair.cached());
            texts.add(pair.asked());
        }
        return texts;
    }
}
