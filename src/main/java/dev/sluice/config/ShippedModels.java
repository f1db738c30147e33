package dev.sluice.config;

import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Tier;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** The price table and the tiers that hold where nothing else is configured. */
final class ShippedModels {
    static final String PROVIDER = "openai";
    static final String BASELINE = "claude-sonnet-4.5";

    static final Map<String, Shipped> MODELS = models();

    static final List<Tier> TIERS = List.of(
            new Tier(BASELINE, Optional.of(Priority.CRITICAL), OptionalDouble.of(0.9)),
            new Tier("gpt-4.1", Optional.of(Priority.HIGH), OptionalDouble.of(0.7)),
            new Tier("gemini-2.5-flash", Optional.of(Priority.MEDIUM), OptionalDouble.of(0.4)),
            new Tier("deepseek-v3.2", Optional.empty(), OptionalDouble.empty()));

    private ShippedModels() {
    }

    /** @param contextWindow tokens, as the models' makers state them; the provider may grant less */
    record Shipped(Price price, long latencyMs, long contextWindow) {}

    private static Map<String, Shipped> models() {
        Map<String, Shipped> models = new LinkedHashMap<>();
        models.put(BASELINE, shipped("15", "75", 150, 200_000));
        models.put("gpt-4.1", shipped("8", "24", 120, 1_047_576));
        models.put("gemini-2.5-flash", shipped("2.50", "10", 45, 1_048_576));
        models.put("deepseek-v3.2", shipped("0.42", "2.10", 35, 128_000));
        return models;
    }

    private static Shipped shipped(String input, String output, long latencyMs, long contextWindow) {
        BigDecimal in = new BigDecimal(input);
        return new Shipped(new Price(in, in, new BigDecimal(output)), latencyMs, contextWindow);
    }
}
