package dev.sluice.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The values below {@code sluice}, wherever they come from (files, system properties, the environment), with a memory of
 * which ones were asked for.
 */
final class ConfigSource {
    static final String ROOT = "sluice";

    private static final String ENVIRONMENT = "EnvConfigSource";

    private final SmallRyeConfig config;
    private final Set<String> names = new LinkedHashSet<>();
    private final Set<String> environment = new TreeSet<>();
    private final Set<String> asked = new LinkedHashSet<>();

    ConfigSource(SmallRyeConfig config) {
        this.config = config;
        for (String name : config.getPropertyNames()) {
            if (name.startsWith(ROOT + ".")) {
                names.add(name);
            } else if (name.startsWith("SLUICE_")) {
                environment.add(name);
            }
        }
    }

    /** The value, with its expressions expanded; empty where it is not set or blank. */
    Optional<String> value(String key) {
        asked.add(key);
        ConfigValue value = config.getConfigValue(key);
        return Optional.ofNullable(value.getValue()).map(String::strip).filter(text -> !text.isEmpty());
    }

    /** Every name that is set; for one of the environment, the dotted guess at it. */
    Set<String> names() {
        return names;
    }

    /** Names that were set and that nothing asked for. */
    Set<String> unknown() {
        Set<String> known = new LinkedHashSet<>();
        asked.forEach(key -> known.add(environmentName(key)));
        Set<String> unknown = new LinkedHashSet<>();
        for (String name : names) {
            if (!asked.contains(name) && !known.contains(environmentName(name)) && !fromEnvironment(name)) {
                unknown.add(name);
            }
        }
        for (String name : environment) {
            if (!known.contains(name) && !name.startsWith("SLUICE_TEST_")) {
                unknown.add(name);
            }
        }
        return unknown;
    }

    /** A dotted guess stands for a variable that is checked by its own name. */
    private boolean fromEnvironment(String name) {
        String source = config.getConfigValue(name).getConfigSourceName();
        return source != null && source.startsWith(ENVIRONMENT);
    }

    Set<String> asked() {
        return asked;
    }

    /** MicroProfile Config's rule: everything but letters and digits becomes an underscore, upper case. */
    private static String environmentName(String key) {
        StringBuilder name = new StringBuilder(key.length());
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            name.append(Character.isLetterOrDigit(c) ? Character.toUpperCase(c) : '_');
        }
        return name.toString();
    }
}
