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
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * What files, properties and environment say below {@code sluice}, by key. The same key may be written in several ways
 * (with and without quotes, as a variable); the most specific source wins. What is empty is absent.
 */
final class Values {
    private static final String TIERS = Keys.ROOT + ".routing.tiers[";

    private static final Pattern DOTTED_IN_YAML = Pattern.compile("\"(sluice|quarkus)\\..*");
    private static final int ABOVE_FILES = 10_000;

    private final SmallRyeConfig config;
    private final Faults faults;
    private final Map<String, Set<String>> spellings = new HashMap<>();
    private final Map<String, SortedMap<Integer, Set<String>>> elements = new HashMap<>();
    private final Map<String, SortedSet<String>> members = new HashMap<>();
    private final Map<String, Set<String>> shipped;
    private final List<ConfigSource> overrides = new ArrayList<>();
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
                overrides.add(source);
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
        names.stream().filter(name -> DOTTED_IN_YAML.matcher(name).matches()).forEach(name -> faults.add(name,
                "is a single name to YAML and means nothing: expected a level of its own for each part between the dots"));
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
        if (name.startsWith(TIERS) && lookUp(match.key(), name).isEmpty()) {
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
        return mostSpecific(key, spellings.getOrDefault(key, Set.of())).map(Found::value);
    }

    /** The elements of a list of plain values; empty where there is none. */
    List<String> list(String key) {
        Optional<Found> line = mostSpecific(key, spellings.getOrDefault(key, Set.of()));
        List<Found> indexed = elements.getOrDefault(key, new TreeMap<>()).entrySet().stream()
                .flatMap(e -> mostSpecific(key + "[" + e.getKey() + "]", e.getValue()).stream()).toList();
        int rank = indexed.stream().mapToInt(Found::rank).max().orElse(Integer.MIN_VALUE);
        // YAML says a list in both ways. The line is preferred: elements of two files would be mixed by their index.
        Stream<String> items = line.isPresent() && line.get().rank() >= rank
                ? Stream.of(StringUtil.split(line.get().value()))
                : indexed.stream().map(Found::value);
        return items.map(String::strip).filter(item -> !item.isEmpty()).toList();
    }

    /** @param rank of its source: the highest one counts */
    private record Found(String value, int rank) {}

    private Optional<Found> mostSpecific(String key, Set<String> spelled) {
        return Stream.concat(Stream.of(key), spelled.stream()).distinct().flatMap(name -> lookUp(key, name).stream())
                .reduce((a, b) -> b.rank() > a.rank() ? b : a).filter(found -> !found.value().isEmpty());
    }

    private Optional<Found> lookUp(String key, String name) {
        ConfigValue value = config.getConfigValue(name);
        if (value.hasProblems()) {
            faults.unresolved(key, value.getRawValue());
        }
        if (value.getValue() == null) {
            return Optional.empty();
        }
        if (overrides.stream().anyMatch(source -> source.getName().equals(value.getConfigSourceName()))) {
            return Optional.of(new Found(value.getValue().strip(), value.getConfigSourceOrdinal() + ABOVE_FILES));
        }
        // A file that a property or variable names ranks with these for Quarkus. Nobody expects it to silence them.
        return overriding(name).or(() -> name.startsWith(TIERS) && !value.getConfigSourceName().equals(tiersFrom)
                ? Optional.empty()
                : Optional.of(new Found(value.getValue().strip(), value.getConfigSourceOrdinal())));
    }

    private Optional<Found> overriding(String name) {
        return overrides.stream().filter(source -> source.getValue(name) != null).findFirst()
                .map(source -> new Found(source.getValue(name).strip(), source.getOrdinal() + ABOVE_FILES))
                .filter(found -> !found.value().contains("${"));
    }
}
