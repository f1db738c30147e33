package dev.sluice.verify;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.embedding.TextVectors;
import dev.sluice.eval.DataSets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A set of questions and what a cache should do with them. */
interface CacheSet {
    /** As many as the gateway looks at. */
    int CANDIDATES = 8;

    String name();

    /** What a served answer means here. */
    String meaning();

    Collection<String> texts();

    Outcome outcome(Verifier verifier, TextVectors vectors);

    /** All that are there. */
    static List<CacheSet> in(DataSets data) {
        List<CacheSet> sets = new ArrayList<>();
        if (data.has("cache_banking77_en")) {
            sets.add(Stream.of("cache_banking77_en", data));
        }
        if (data.has("cache_gptcache_mock_en")) {
            sets.add(Retrieval.of("cache_gptcache_mock_en", data));
        }
        for (String name : List.of("cache_qqp_en", "cache_stsb_de", "cache_pawsx_de", "cache_massive_de_hardneg",
                "cache_xquad_en_de", "cache_stsb_en_de", "mgsm_de_en")) {
            if (data.has(name)) {
                sets.add(Pairs.of(name, data));
            }
        }
        return sets;
    }

    /** A question with its similarity to the one asked. */
    record Candidate(int index, double cosine) {

        /** The nearest first, at least at {@code floor}. */
        static List<Candidate> nearest(String asked, List<String> cached, double floor, TextVectors vectors) {
            List<Candidate> candidates = new ArrayList<>();
            for (int i = 0; i < cached.size(); i++) {
                double cosine = vectors.cosine(cached.get(i), asked);
                if (cosine >= floor) {
                    candidates.add(new Candidate(i, cosine));
                }
            }
            candidates.sort(Comparator.comparingDouble(Candidate::cosine).reversed());
            return candidates.subList(0, Math.min(CANDIDATES, candidates.size()));
        }

        /** The first that the verifier takes for the question asked; null if none. */
        static Candidate served(String asked, List<String> cached, Verifier verifier, TextVectors vectors) {
            for (Candidate candidate : nearest(asked, cached, verifier.floor(), vectors)) {
                if (verifier.judge(cached.get(candidate.index), asked, candidate.cosine).same()) {
                    return candidate;
                }
            }
            return null;
        }
    }

    /** Questions one after the other; what is not served is answered and cached. */
    record Stream(String name, List<String> questions, List<String> intents) implements CacheSet {

        static Stream of(String name, DataSets data) {
            List<String> questions = new ArrayList<>();
            List<String> intents = new ArrayList<>();
            for (JsonNode row : data.read(name)) {
                questions.add(row.get("text").textValue());
                intents.add(row.get("intent").textValue());
            }
            return new Stream(name, questions, intents);
        }

        @Override
        public String meaning() {
            return "a stream; right is a cached question of the same intent; recall over the whole stream";
        }

        @Override
        public Collection<String> texts() {
            return questions;
        }

        @Override
        public Outcome outcome(Verifier verifier, TextVectors vectors) {
            List<String> cached = new ArrayList<>();
            List<String> ofCached = new ArrayList<>();
            Set<String> known = new HashSet<>();
            Outcome outcome = new Outcome();
            for (int i = 0; i < questions.size(); i++) {
                Candidate served = Candidate.served(questions.get(i), cached, verifier, vectors);
                boolean right = served != null && ofCached.get(served.index()).equals(intents.get(i));
                outcome.count(served != null, right, true, true);
                if (served == null) {
                    cached.add(questions.get(i));
                    ofCached.add(intents.get(i));
                }
            }
            return outcome;
        }
    }

    /** Everything is cached; then every rephrasing is asked, and only its own original is right. */
    record Retrieval(String name, List<String> cached, List<String> asked) implements CacheSet {

        static Retrieval of(String name, DataSets data) {
            List<String> cached = new ArrayList<>();
            List<String> asked = new ArrayList<>();
            for (JsonNode row : data.read(name)) {
                cached.add(row.get("a").textValue());
                asked.add(row.get("b").textValue());
            }
            return new Retrieval(name, cached, asked);
        }

        @Override
        public String meaning() {
            return "all originals are cached, every rephrasing is asked once; right is its own original";
        }

        @Override
        public Collection<String> texts() {
            Set<String> texts = new LinkedHashSet<>(cached);
            texts.addAll(asked);
            return texts;
        }

        @Override
        public Outcome outcome(Verifier verifier, TextVectors vectors) {
            Outcome outcome = new Outcome();
            for (int i = 0; i < asked.size(); i++) {
                Candidate served = Candidate.served(asked.get(i), cached, verifier, vectors);
                outcome.count(served != null, served != null && cached.get(served.index()).equals(cached.get(i)), true,
                        true);
            }
            return outcome;
        }
    }

    /** One is cached, the other asked; pairs between the same and another question are left out. */
    record Pairs(String name, List<Pair> pairs) implements CacheSet {

        record Pair(String cached, String asked, boolean same) {}

        static Pairs of(String name, DataSets data) {
            List<Pair> pairs = new ArrayList<>();
            for (JsonNode row : data.read(name)) {
                if (row.has("prompt_en")) {
                    pairs.add(new Pair(row.get("prompt").textValue(), row.get("prompt_en").textValue(), true));
                } else if (row.hasNonNull("label")) {
                    pairs.add(new Pair(row.get("a").textValue(), row.get("b").textValue(),
                            row.get("label").intValue() == 1));
                }
            }
            return new Pairs(name, pairs);
        }

        @Override
        public String meaning() {
            return name.contains("en_de") || name.contains("de_en")
                    ? "the same question in two languages; an answer in the other one is not wanted"
                    : "pairs; right is a pair that people called the same";
        }

        @Override
        public Collection<String> texts() {
            Set<String> texts = new LinkedHashSet<>();
            for (Pair pair : pairs) {
                texts.add(pair.cached);
                texts.add(pair.asked);
            }
            return texts;
        }

        @Override
        public Outcome outcome(Verifier verifier, TextVectors vectors) {
            Outcome outcome = new Outcome();
            for (Pair pair : pairs) {
                double cosine = vectors.cosine(pair.cached, pair.asked);
                Verdict verdict = cosine < -.5
                        ? Verdict.different(Reason.THRESHOLD)
                        : verifier.judge(pair.cached, pair.asked, cosine);
                outcome.count(verdict.same(), verdict.same() && pair.same, pair.same, !pair.same);
                if (cosine >= Verifiers.PLAIN_THRESHOLD) {
                    outcome.reason(verdict.reason(), pair.same);
                }
            }
            return outcome;
        }
    }
}
