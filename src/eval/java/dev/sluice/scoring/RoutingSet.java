package dev.sluice.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.eval.DataSets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Prompts with the quality of a cheap and a strong model's answers.
 *
 * @param name of the set, with the pair of models where a file has several
 * @param file the file or files it comes from, joined by +
 * @param pair the two models
 */
record RoutingSet(String name, String file, String pair, List<Example> examples) {

    private static final String GPT_4 = "gpt-4-1106-preview";
    private static final String MIXTRAL = "mixtral-8x7b-instruct";
    private static final String[] CHEAP = { "claude-3-haiku-20240307", "gpt-4o-mini-2024-07-18", "gpt-3.5-turbo-0125",
            "claude-3-5-haiku-20241022", "gemini-1.5-flash", "Meta-Llama-3.1-8B-Instruct"};
    private static final String[] STRONG = { "claude-3-5-sonnet-20241022", "o1-mini-2024-09-12", "gpt-4o-2024-08-06"};
    /** A difference below this is a matter of taste where answers are graded instead of right or wrong. */
    private static final double NOTICEABLE = .1;
    private static final double CHARACTERS_PER_TOKEN = 4;
    /** A sentence or two, for sets that do not tell how long the answers were. */
    private static final double UNKNOWN_TOKENS = 64;
    /** The grader's own fault: the strong model has 2 % there, because its answers were cut before the result. */
    private static final String BROKEN_TASK = "high_school_mathematics";

    /** What is measured, each with one pair of models. */
    static List<RoutingSet> measured(DataSets data) {
        RoutingSet mmlu = pair("mmlu", "routing_mmlu", data, MIXTRAL, GPT_4, 1);
        RoutingSet gsm8k = pair("gsm8k", "routing_gsm8k", data, MIXTRAL, GPT_4, 1);
        return List.of(mmlu.and(gsm8k), mmlu, gsm8k,
                pair("zeroeval:haiku-sonnet", "routing_zeroeval", data, "claude-3-haiku-20240307",
                        "claude-3-5-sonnet-20241022", 1),
                pair("zeroeval:4o-mini-o1-mini", "routing_zeroeval", data, "gpt-4o-mini-2024-07-18",
                        "o1-mini-2024-09-12", 1),
                pair("routerarena", "routing_routerarena", data, "claude-3-haiku-20240307", "gemini-2.0-flash-001", 1),
                pair("alpacaeval", "routing_alpacaeval", data, "gpt-3.5-turbo-1106", "gpt4_1106_preview", 1),
                pair("mtbench", "routing_mtbench", data, MIXTRAL + "-v0.1", GPT_4, 10));
    }

    /**
     * What may be learned from and shipped: Apache-2.0, MIT or CC-BY, which leaves out AlpacaEval (CC-BY-NC) and
     * RouterArena (its parts have licences of their own). Word problems come in German too.
     */
    static List<RoutingSet> learnable(DataSets data) {
        RoutingSet mmlu = pair("mmlu", "routing_mmlu", data, MIXTRAL, GPT_4, 1);
        List<Example> sound = mmlu.examples().stream().filter(example -> !example.task().equals(BROKEN_TASK)).toList();
        return List.of(new RoutingSet(mmlu.name(), mmlu.file(), mmlu.pair(), sound),
                pair("gsm8k", "routing_gsm8k", data, MIXTRAL, GPT_4, 1),
                manyPairs("zeroeval", "routing_zeroeval", data, "prompt", "q"),
                pair("mtbench", "routing_mtbench", data, MIXTRAL + "-v0.1", GPT_4, 10),
                manyPairs("mgsm:de", "mgsm_de_en", data, "prompt", "q_en"));
    }

    RoutingSet and(RoutingSet other) {
        List<Example> both = new ArrayList<>(examples);
        both.addAll(other.examples);
        return new RoutingSet(name + "+" + other.name, file + "+" + other.file, pair, both);
    }

    double weak() {
        return examples.stream().mapToDouble(Example::weak).average().orElse(0);
    }

    double strong() {
        return examples.stream().mapToDouble(Example::strong).average().orElse(0);
    }

    private static RoutingSet pair(String name, String file, DataSets data, String weak, String strong, double scale) {
        List<Example> examples = new ArrayList<>();
        for (JsonNode row : data.read(file)) {
            double w = row.get("q").get(weak).doubleValue() / scale;
            double s = row.get("q").get(strong).doubleValue() / scale;
            String prompt = row.get("prompt").textValue();
            examples.add(
                    new Example(row.get("task").textValue(), prompt, key(prompt), w, s, others(row.get("q"), s - w),
                            s - w >= NOTICEABLE ? 1 : 0, tokens(row, weak), tokens(row, strong)));
        }
        return new RoutingSet(name, file, weak + " → " + strong, examples);
    }

    private static double others(JsonNode quality, double otherwise) {
        return Arrays.stream(CHEAP).allMatch(quality::has) && Arrays.stream(STRONG).allMatch(quality::has)
                ? mean(quality, STRONG) - mean(quality, CHEAP)
                : otherwise;
    }

    private static double mean(JsonNode quality, String[] models) {
        return Arrays.stream(models).mapToDouble(model -> quality.get(model).doubleValue()).average().orElseThrow();
    }

    /** Every cheap model against every strong one: less noise than a single pair. */
    private static RoutingSet manyPairs(String name, String file, DataSets data, String prompt, String quality) {
        List<Example> examples = new ArrayList<>();
        for (JsonNode row : data.read(file)) {
            double weakSum = 0;
            double strongSum = 0;
            double worse = 0;
            for (String strong : STRONG) {
                double s = row.get(quality).get(strong).doubleValue();
                strongSum += s;
                for (String weak : CHEAP) {
                    double w = row.get(quality).get(weak).doubleValue();
                    weakSum += w;
                    worse += s - w >= NOTICEABLE ? 1 : 0;
                }
            }
            int pairs = STRONG.length * CHEAP.length;
            String english = row.has("prompt_en") ? "prompt_en" : prompt;
            examples.add(new Example(row.get("task").textValue(), row.get(prompt).textValue(),
                    key(row.get(english).textValue()), weakSum / pairs, strongSum / STRONG.length,
                    strongSum / STRONG.length - weakSum / pairs, worse / pairs, 0, 0));
        }
        return new RoutingSet(name, file, CHEAP.length + " cheap → " + STRONG.length + " strong", examples);
    }

    /** The words of the problem: some sets hold the same problem with other blanks or instructions around numbers. */
    static String key(String prompt) {
        return prompt.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
    }

    private static double tokens(JsonNode row, String model) {
        if (row.has("tok_out")) {
            return row.get("tok_out").get(model).doubleValue();
        }
        return row.has("out_chars")
                ? row.get("out_chars").get(model).doubleValue() / CHARACTERS_PER_TOKEN
                : UNKNOWN_TOKENS;
    }
}
