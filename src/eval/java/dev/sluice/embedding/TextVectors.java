package dev.sluice.embedding;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The vectors of many texts, by the model that ships, on all processors. */
public final class TextVectors {
    private final Map<String, float[]> vectors = new ConcurrentHashMap<>();

    public TextVectors(Collection<String> texts) {
        try (MiniLm model = MiniLm.load()) {
            texts.parallelStream().distinct().forEach(text -> {
                try {
                    vectors.put(text, model.embed(text));
                } catch (NotEmbedded e) {
                    // a text that the gateway cannot embed has no neighbours either
                }
            });
        }
    }

    /** Of their vectors, -1..1; -1 where one of them has none. */
    public double cosine(String a, String b) {
        float[] x = vectors.get(a);
        float[] y = vectors.get(b);
        if (x == null || y == null) {
            return -1;
        }
        double product = 0;
        for (int i = 0; i < x.length; i++) {
            product += x[i] * y[i];
        }
        return product;
    }
}
