package dev.sluice.config;

import dev.sluice.Model;
import dev.sluice.Priority;
import dev.sluice.Tier;
import dev.sluice.config.Settings.Limits;
import dev.sluice.config.Settings.Routing;
import dev.sluice.config.Settings.Scorer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Reads how a model is chosen: the configured tiers, or those of the shipped ones whose models are served. */
final class RoutingReader {

    private final Section section;
    private final Map<String, Model> models;
    private final List<String> warnings;

    RoutingReader(Section section, Map<String, Model> models, List<String> warnings) {
        this.section = section;
        this.models = models;
        this.warnings = warnings;
    }

    Routing read(Limits limits) {
        return new Routing(autoNames(), defaultPriority(limits), scorer(), baseline(), tiers(),
                section.notNegative("conversation-ttl", Duration.ofHours(1)));
    }

    private Set<String> autoNames() {
        List<String> written = section.texts("auto-names");
        Set<String> names = new LinkedHashSet<>(written.isEmpty() ? List.of("auto") : written);
        for (String name : names) {
            if (!Section.MODEL_NAME.matcher(name).matches()) {
                section.fault("auto-names", name, Section.described(Section.MODEL_NAME), null);
            }
            if (models.containsKey(name)) {
                section.fault("auto-names", name, "names that no model has", null);
            }
        }
        return names;
    }

    private Priority defaultPriority(Limits limits) {
        Priority priority = section.choice("default-priority", Priority.class, Priority.LOW);
        Priority most = limits.defaultMaxPriority();
        if (priority.compareTo(most) > 0) {
            section.fault("default-priority", priority.toString(),
                    "nothing above sluice.limits.default.max-priority, which is " + most, null);
        }
        return priority;
    }

    private Scorer scorer() {
        return section.choice("scorer", Scorer.class, Scorer.LEARNED);
    }

    private Optional<String> baseline() {
        Optional<String> named = section.text("baseline-model");
        named.filter(name -> !models.containsKey(name))
                .ifPresent(name -> section.fault("baseline-model", name, servedModel(),
                        null));
        return named.or(() -> Optional.of(ShippedModels.BASELINE)).filter(models::containsKey);
    }

    private String servedModel() {
        return models.isEmpty()
                ? "the name of a model in sluice.models"
                : "one of " + String.join(", ", models.keySet());
    }

    private List<Tier> tiers() {
        List<Section> configured = section.list("tiers");
        if (configured.isEmpty()) {
            return shippedTiers();
        }
        List<Tier> tiers = new ArrayList<>();
        for (Section item : configured) {
            tiers.add(tier(item, tiers.size() == configured.size() - 1));
        }
        return tiers;
    }

    private Tier tier(Section item, boolean last) {
        String model = item.text("model").orElse("");
        if (model.isEmpty()) {
            item.fault("model", "is missing: expected " + servedModel());
        } else if (!models.containsKey(model)) {
            item.fault("model", model, servedModel(), null);
        }
        Optional<Priority> priority = Optional.ofNullable(item.choice("priority", Priority.class, null));
        OptionalDouble above = item.fraction("above");
        boolean conditional = item.has("priority") || item.has("above");
        if (last && conditional) {
            section.fault("tiers", "the last tier must have no condition, so that every request has a model");
        }
        if (!last && !conditional) {
            item.fault("above",
                    "is missing, and so is priority: without a condition no request reaches the tiers behind");
        }
        return new Tier(model, priority, above);
    }

    /** The last of those that remain serves what no other does, whatever its condition was. */
    private List<Tier> shippedTiers() {
        List<Tier> served = new ArrayList<>(ShippedModels.TIERS);
        served.removeIf(tier -> !models.containsKey(tier.model()));
        List<String> without = ShippedModels.TIERS.stream().map(Tier::model).filter(m -> !models.containsKey(m))
                .toList();
        if (!without.isEmpty() && !models.isEmpty()) {
            warnings.add(section.key("tiers") + " is not set, and of the default tiers' models nobody serves "
                    + String.join(", ", without) + (served.isEmpty() ? ": no model is chosen for anybody" : ""));
        }
        if (!served.isEmpty()) {
            Tier last = served.remove(served.size() - 1);
            served.add(new Tier(last.model(), Optional.empty(), OptionalDouble.empty()));
        }
        return served;
    }
}
