package dev.sluice.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.config.Settings.Verify;
import dev.sluice.embedding.OnnxEmbedder;
import dev.sluice.embedding.Vectors;
import dev.sluice.eval.DataSets;
import dev.sluice.verify.Verifier;
import dev.sluice.verify.Verifiers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a cache makes of the questions of a bank's customers (banking77), asked one after the other: which one is answered
 * by the answer to an earlier one, and whether that had the same intent.
 *
 * @param source for each request the earlier one whose answer it gets; its own number where it is a miss
 * @param right whether that answers it
 */
record Traffic(int[] source, boolean[] right) {
    static final String SET = "cache_banking77_en";

    private static final int CANDIDATES = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** As the shipped embedder and verifier decide; every answer is kept. */
    static Traffic of(DataSets data) {
        List<JsonNode> rows = data.read(SET);
        String[] texts = rows.stream().map(row -> row.get("text").textValue()).toArray(String[]::new);
        Verifier verifier = Verifiers.of(Verify.BALANCED);
        Traffic traffic = new Traffic(new int[texts.length], new boolean[texts.length]);
        Map<String, Integer> exact = new HashMap<>();
        List<Integer> stored = new ArrayList<>();
        float[][] vectors = new float[texts.length][];
        try (OnnxEmbedder embedder = new OnnxEmbedder()) {
            for (int i = 0; i < texts.length; i++) {
                vectors[i] = embedder.embed("eval", texts[i]).await().atMost(PATIENCE);
                Integer same = exact.putIfAbsent(texts[i], i);
                traffic.source[i] = same != null ? same : similar(i, texts, vectors, stored, verifier);
                traffic.right[i] = rows.get(i).get("intent").equals(rows.get(traffic.source[i]).get("intent"));
                if (traffic.source[i] == i) {
                    stored.add(i);
                } else if (same == null) {
                    exact.put(texts[i], traffic.source[i]);
                }
            }
        }
        return traffic;
    }

    private static int similar(int asked, String[] texts, float[][] vectors, List<Integer> stored, Verifier verifier) {
        record Candidate(int request, double cosine) {}
        List<Candidate> near = new ArrayList<>();
        for (int earlier : stored) {
            double cosine = Vectors.cosine(vectors[earlier], vectors[asked]);
            if (cosine >= verifier.floor()) {
                near.add(new Candidate(earlier, cosine));
            }
        }
        near.sort(Comparator.comparingDouble(Candidate::cosine).reversed());
        return near.stream().limit(CANDIDATES)
                .filter(candidate -> verifier.judge(texts[candidate.request], texts[asked], candidate.cosine).same())
                .mapToInt(Candidate::request).findFirst().orElse(asked);
    }

    int requests() {
        return source.length;
    }

    boolean hit(int request) {
        return source[request] != request;
    }

    double hitRate() {
        return hits() / (double) source.length;
    }

    /** Share of the hits that answered another question. */
    double wrongRate() {
        long wrong = 0;
        for (int i = 0; i < source.length; i++) {
            wrong += hit(i) && !right[i] ? 1 : 0;
        }
        return wrong / (double) Math.max(1, hits());
    }

    private long hits() {
        long hits = 0;
        for (int i = 0; i < source.length; i++) {
            hits += hit(i) ? 1 : 0;
        }
        return hits;
    }

    /** Neither of two traffics is changed, but arrays have an identity. */
    @Override
    public String toString() {
        return "Traffic[" + Arrays.toString(source) + "]";
    }
}
