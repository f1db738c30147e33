package dev.sluice.config;

import dev.sluice.config.KeyPattern.Match;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.ProfileConfigSourceInterceptor;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SysPropConfigSource;
import io.smallrye.config.common.utils.StringUtil;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * What files, properties and environment say below {@code sluice}, by key. The same key may be written in several ways
 * (with and without quotes, as a variable); the most specific source wins. What is empty is absent.
 */
final class Values {
    private static final String TIERS = Keys.ROOT + ".routing.tiers[";

    private final SmallRyeConfig config;
    private final Faults faults;
    private final Map<String, Set<String>> spellings = new HashMap<>();
    private final Map<String, SortedMap<Integer, Set<String>>> elements = new HashMap<>();
    private final Map<String, SortedSet<String>> members = new HashMap<>();
    private final Map<String, Set<String>> shipped;
    private final Set<String> overrides = new HashSet<>();
    private final String tiersFrom;

    /** @param shipped names that exist without being mentioned, by their table: variables may speak of them */
    Values(SmallRyeConfig config, Map<String, Set<String>> shipped, Faults faults) {
        this.config = config;
        this.shipped = shipped;
        this.faults = faults;
        this.tiersFrom = mostSpecificFileWithTiers();
        List<String> unknown = new ArrayList<>();
        properties().forEach(name -> place(name, property(name), unknown));
        variables().forEach(name -> place(name, variable(KeyPattern.variable(name)), unknown));
        UnknownKeys unknownKeys = new UnknownKeys(faults);
        unknown.forEach(name -> unknownKeys.report(name, config.getConfigValue(name).getValue()));
    }

    /**
     * A file that has tiers replaces those of less specific files: half of one ladder on top of another is neither. What is
     * set by property or variable changes single members.
     */
    private String mostSpecificFileWithTiers() {
        String first = "";
        for (ConfigSource source : config.getConfigSources()) {
            if (source instanceof EnvConfigSource || source instanceof SysPropConfigSource) {
                overrides.add(source.getName());
            } else if (first.isEmpty() && active(source).anyMatch(name -> name.startsWith(TIERS))) {
                first = source.getName();
            }
        }
        return first;
    }

    private Stream<String> active(ConfigSource source) {
        return source.getPropertyNames().stream()
                .map(name -> ProfileConfigSourceInterceptor.activeName(name, config.getProfiles()));
    }

    private SortedSet<String> properties() {
        SortedSet<String> names = new TreeSet<>();
        for (ConfigSource source : config.getConfigSources()) {
            if (!(source instanceof EnvConfigSource)) {
                active(source).forEach(names::add);
            }
        }
        return names.subSet(Keys.ROOT + ".", Keys.ROOT + "/");
    }

    private SortedSet<String> variables() {
        SortedSet<String> names = new TreeSet<>();
        for (ConfigSource source : config.getConfigSources()) {
            if (source instanceof EnvConfigSource) {
                names.addAll(source.getProperties().keySet());
            }
        }
        names.removeIf(name -> !UnknownKeys.isOurs(KeyPattern.variable(name)));
        return names;
    }

    private void place(String name, Optional<Match> match, List<String> unknown) {
        match.ifPresentOrElse(found -> place(name, found), () -> unknown.add(name));
    }

    private void place(String name, Match match) {
        Set<String> sameKey = match.index()
                .map(i -> elements.computeIfAbsent(match.key(), k -> new TreeMap<>()).computeIfAbsent(i,
                        k -> new LinkedHashSet<>()))
                .orElseGet(() -> spellings.computeIfAbsent(match.key(), k -> new LinkedHashSet<>()));
        sameKey.add(name);
        if (name.startsWith(TIERS) && lookUp(name).isEmpty()) {
            return;
        }
        match.pattern().visit(match.names(),
                (table, member) -> members.computeIfAbsent(table, t -> new TreeSet<>()).add(member));
        if (match.pattern().secret()) {
            Optional.ofNullable(config.getConfigValue(name).getValue()).ifPresent(faults::hide);
        }
    }

    private static Optional<Match> property(String name) {
        return Keys.ALL.stream().flatMap(key -> key.match(name, false).stream())
                .min(Comparator.comparingInt(Values::leftOpen));
    }

    /** A variable can be read in several ways: as one that speaks of what is known, else as the one with the fewest letters left. */
    private Optional<Match> variable(String name) {
        return Keys.ALL.stream().flatMap(key -> key.match(name, true).stream()).map(this::withKnownNames)
                .min(Comparator.comparing((Match match) -> !speaksOfKnown(match)).thenComparingInt(Values::leftOpen));
    }

    private static int leftOpen(Match match) {
        return match.names().stream().mapToInt(String::length).sum();
    }

    /** The names that a variable means: it cannot tell a dot or a capital letter from a dash. */
    private Match withKnownNames(Match match) {
        List<String> names = new ArrayList<>();
        match.pattern().visit(match.names(), (table, name) -> names.add(
                known(table).stream().filter(known -> KeyPattern.variable(known).equals(name)).findFirst()
                        .orElse(name.toLowerCase(Locale.ROOT).replace('_', '-'))));
        return new Match(match.pattern(), names, match.index());
    }

    private boolean speaksOfKnown(Match match) {
        List<String> strangers = new ArrayList<>();
        match.pattern().visit(match.names(), (table, name) -> {
            if (!known(table).contains(name)) {
                strangers.add(name);
            }
        });
        return strangers.isEmpty();
    }

    private Set<String> known(String table) {
        Set<String> known = new TreeSet<>(members(table));
        known.addAll(shipped.getOrDefault(table, Set.of()));
        return known;
    }

    /** The names that the configuration mentions in a table, or the indexes in a list of tables. */
    Set<String> members(String table) {
        return members.getOrDefault(table, new TreeSet<>());
    }

    Optional<String> text(String key) {
        return mostSpecific(key, spellings.getOrDefault(key, Set.of())).map(value -> value.getValue().strip());
    }

    /** The elements of a list of plain values; empty where there is none. */
    List<String> list(String key) {
        Optional<ConfigValue> line = mostSpecific(key, spellings.getOrDefault(key, Set.of()));
        List<ConfigValue> indexed = elements.getOrDefault(key, new TreeMap<>()).entrySet().stream()
                .flatMap(e -> mostSpecific(key + "[" + e.getKey() + "]", e.getValue()).stream()).toList();
        int ordinal = indexed.stream().mapToInt(ConfigValue::getConfigSourceOrdinal).max().orElse(Integer.MIN_VALUE);
        // YAML says a list in both ways. The line is preferred: elements of two files would be mixed by their index.
        Stream<String> items = line.isPresent() && line.get().getConfigSourceOrdinal() >= ordinal
                ? Stream.of(StringUtil.split(line.get().getValue()))
                : indexed.stream().map(ConfigValue::getValue);
        return items.map(String::strip).filter(item -> !item.isEmpty()).toList();
    }

    private Optional<ConfigValue> mostSpecific(String key, Set<String> spelled) {
        return Stream.concat(Stream.of(key), spelled.stream()).distinct().flatMap(name -> lookUp(name).stream())
                .reduce((a, b) -> b.getConfigSourceOrdinal() > a.getConfigSourceOrdinal() ? b : a);
    }

    private Optional<ConfigValue> lookUp(String name) {
        ConfigValue value = config.getConfigValue(name);
        if (value.hasProblems()) {
            faults.add(name, value.getRawValue(),
                    "every variable in it to be set, or to have a default as in ${NAME:}");
        }
        return Optional.of(value).filter(v -> v.getValue() != null && !v.getValue().isBlank())
                .filter(v -> !name.startsWith(TIERS) || overrides.contains(v.getConfigSourceName())
                        || v.getConfigSourceName().equals(tiersFrom));
    }
}
