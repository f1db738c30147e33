package dev.sluice.config;

import dev.sluice.Model;
import dev.sluice.Price;
import dev.sluice.config.Settings.Api;
import dev.sluice.config.Settings.Provider;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads models and completes them from the shipped table: a configured model takes what it does not say from the shipped
 * one of its name; the shipped models that are not mentioned exist where their provider is set up.
 */
final class ModelReader {
    private static final List<String> BESIDE_INPUT = List.of("cached-input", "cache-write", "cache-write-1h");
    private static final BigDecimal CACHE_READ = new BigDecimal("0.1");
    private static final BigDecimal CACHE_WRITE = new BigDecimal("1.25");
    private static final BigDecimal LONG_CACHE_WRITE = new BigDecimal("2");

    private final Section root;
    private final Faults faults;
    private final Map<String, Provider> providers;
    private final Map<String, Model> models = new LinkedHashMap<>();

    ModelReader(Section root, Faults faults, Map<String, Provider> providers) {
        this.root = root;
        this.faults = faults;
        this.providers = providers;
        readModels();
    }

    Map<String, Model> models() {
        return models;
    }

    private void readModels() {
        Section section = root.section("models");
        Map<String, Section> configured = section.children(Section.MODEL_NAME);
        configured.forEach((name, model) -> models.put(name, model(name, model)));
        Optional<String> shippedProvider = shippedProvider();
        ShippedModels.MODELS.forEach((name, shipped) -> shippedProvider.ifPresent(provider -> models.putIfAbsent(name,
                new Model(name, provider, name, Optional.of(shipped.price()), shipped.latencyMs(),
                        shipped.contextWindow(),
                        List.of()))));
        configured.forEach((name, model) -> requireFallbacks(model, models.get(name)));
        configured.entrySet().stream().flatMap(model -> cycleThrough(model.getKey()).stream()).findFirst()
                .ifPresent(cycle -> configured.get(cycle.get(0)).fault("fallbacks", String.join(" -> ", cycle),
                        "fallbacks that do not lead back to the model itself", null));
        if (models.isEmpty()) {
            faults.add("sluice.providers.openai.base-url",
                    "is missing: expected the URL of an OpenAI-compatible provider"
                            + " (and its key in sluice.providers.openai.api-key), or models of your own in sluice.models");
        }
    }

    /** The shipped models are served by {@code openai}, or, where that is not set up, by the only simulated provider. */
    private Optional<String> shippedProvider() {
        if (providers.containsKey(ShippedModels.PROVIDER)) {
            return Optional.of(ShippedModels.PROVIDER);
        }
        return providers.values().stream().filter(Provider.Simulated.class::isInstance).map(Provider::name).findFirst();
    }

    private Model model(String name, Section section) {
        Optional<ShippedModels.Shipped> shipped = Optional.ofNullable(ShippedModels.MODELS.get(name));
        String provider = section.text("provider").or(this::shippedProvider).orElse(ShippedModels.PROVIDER);
        if (!providers.containsKey(provider)) {
            if (provider.equals(ShippedModels.PROVIDER)) {
                faults.add("sluice.providers.openai.base-url",
                        "is missing: the model " + name + " is served by openai");
            } else {
                section.fault("provider", provider, "the name of a provider in sluice.providers", null);
            }
        }
        return new Model(name, provider, section.text("upstream-name").orElse(name),
                price(section, shipped, speaksAnthropic(provider)),
                section.whole("latency-ms", shipped.map(ShippedModels.Shipped::latencyMs).orElse(0L), 0),
                section.whole("context-window", shipped.map(ShippedModels.Shipped::contextWindow).orElse(0L), 0),
                section.texts("fallbacks"));
    }

    private boolean speaksAnthropic(String provider) {
        return providers.get(provider) instanceof Provider.Remote overHttp && overHttp.api() == Api.ANTHROPIC;
    }

    /** Anthropic asks for a tenth of the input price for what its prompt cache spares, and more for what goes there. */
    private static Price price(BigDecimal input, Section section, BigDecimal output, boolean anthropic) {
        BigDecimal cached = section.decimal("cached-input")
                .orElse(anthropic ? input.multiply(CACHE_READ) : input);
        BigDecimal write = section.decimal("cache-write").orElse(anthropic ? input.multiply(CACHE_WRITE) : input);
        BigDecimal longWrite = section.decimal("cache-write-1h")
                .orElse(anthropic ? input.multiply(LONG_CACHE_WRITE) : input);
        return new Price(input, cached, write, longWrite, output);
    }

    private Optional<Price> price(Section section, Optional<ShippedModels.Shipped> shipped, boolean anthropic) {
        Optional<BigDecimal> input = section.decimal("input");
        Optional<BigDecimal> output = section.decimal("output");
        if (input.isEmpty() && output.isEmpty() && shipped.isEmpty()) {
            BESIDE_INPUT.forEach(name -> section.decimal(name).ifPresent(price -> section.fault(name,
                    price.toPlainString(), "input and output beside it", null)));
            return Optional.empty();
        }
        Optional<BigDecimal> in = input.or(() -> shipped.map(s -> s.price().input()));
        Optional<BigDecimal> out = output.or(() -> shipped.map(s -> s.price().output()));
        if (in.isEmpty() && section.text("input").isEmpty()) {
            section.fault("input", "is missing: expected US dollars per million tokens beside output");
        }
        if (out.isEmpty() && section.text("output").isEmpty()) {
            section.fault("output", "is missing: expected US dollars per million tokens beside input");
        }
        if (in.isEmpty() || out.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(price(in.get(), section, out.get(), anthropic));
    }

    private void requireFallbacks(Section section, Model model) {
        for (String fallback : model.fallbacks()) {
            if (!models.containsKey(fallback)) {
                section.fault("fallbacks", fallback, "the name of a model in sluice.models", null);
            }
        }
    }

    private Optional<List<String>> cycleThrough(String start) {
        Deque<List<String>> paths = new ArrayDeque<>();
        Set<String> seen = new LinkedHashSet<>();
        paths.add(List.of(start));
        while (!paths.isEmpty()) {
            List<String> path = paths.remove();
            Model last = models.get(path.get(path.size() - 1));
            for (String next : last == null ? List.<String>of() : last.fallbacks()) {
                List<String> longer = new ArrayList<>(path);
                longer.add(next);
                if (next.equals(start)) {
                    return Optional.of(longer);
                }
                if (seen.add(next)) {
                    paths.add(longer);
                }
            }
        }
        return Optional.empty();
    }
}
