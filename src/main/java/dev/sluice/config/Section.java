package dev.sluice.config;

import dev.sluice.Money;
import io.quarkus.runtime.configuration.DurationConverter;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** A level of the configuration, and typed access to its values: what cannot be read is a fault and takes the default. */
final class Section {
    static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    static final Pattern MODEL_NAME = Pattern.compile("[A-Za-z0-9._:/@-]{1,128}");
    /** RFC 9110's token. */
    static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}");
    private static final Pattern VISIBLE = Pattern.compile("[!-~]+");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})\\s*([KMG]?)(i?B)?", Pattern.CASE_INSENSITIVE);

    private final Values values;
    private final Faults faults;
    private final String path;

    Section(Values values, Faults faults, String path) {
        this.values = values;
        this.faults = faults;
        this.path = path;
    }

    String key(String name) {
        return path + "." + KeyPattern.spelled(name);
    }

    Section section(String name) {
        return new Section(values, faults, key(name));
    }

    /** The sections below this one by their names, in alphabetical order, because sources keep none. */
    Map<String, Section> children(Pattern names) {
        Map<String, Section> children = new LinkedHashMap<>();
        for (String name : values.members(path)) {
            if (names.matcher(name).matches()) {
                children.put(name, section(name));
            } else {
                faults.add(path, "the name \"" + name + "\" has characters or a length that are not allowed");
            }
        }
        return children;
    }

    /** The free-form members of this level, names and values, such as headers. */
    Map<String, String> entries(Pattern names, Pattern contents) {
        Map<String, String> entries = new LinkedHashMap<>();
        children(names).keySet().forEach(name -> text(name).ifPresent(value -> {
            if (!contents.matcher(value).matches()) {
                fault(name, "has characters that are not allowed here: expected " + contents.pattern());
            }
            entries.put(name, value);
        }));
        return entries;
    }

    boolean has(String name) {
        return text(name).isPresent() || !values.members(key(name)).isEmpty();
    }

    /** The sections {@code name[0]}, {@code name[1]}, … */
    List<Section> list(String name) {
        List<Section> items = new ArrayList<>();
        values.members(key(name)).stream().map(Integer::valueOf).sorted().forEach(index -> {
            if (index != items.size()) {
                fault(name, "has an element " + index + " but none before it: expected numbers from 0 without gaps");
            }
            items.add(new Section(values, faults, key(name) + "[" + index + "]"));
        });
        return items;
    }

    Optional<String> text(String name) {
        return values.text(key(name));
    }

    Optional<Secret> secret(String name) {
        Optional<String> text = text(name);
        text.ifPresent(faults::hide);
        if (text.isPresent() && !VISIBLE.matcher(text.get()).matches()) {
            fault(name, "has characters that no header can carry: expected visible ASCII characters without spaces");
        }
        return text.map(Secret::new);
    }

    static String described(Pattern names) {
        if (names == NAME) {
            return "1 to 64 letters, digits, dots, dashes or underscores";
        }
        return names == MODEL_NAME ? "1 to 128 letters, digits or any of . _ : / @ -" : "the name of a header";
    }

    /** A name that becomes a part of Redis' keys, of headers or of metrics. */
    String name(String name, Pattern names, String otherwise) {
        return text(name).map(text -> names.matcher(text).matches()
                ? text
                : fault(name, text, described(names), otherwise)).orElse(otherwise);
    }

    /** A list of plain values, as YAML writes it or with commas; empty where nothing is set. */
    List<String> texts(String name) {
        return values.list(key(name));
    }

    boolean flag(String name, boolean otherwise) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        return switch (text.get().toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> fault(name, text.get(), "true or false", otherwise);
        };
    }

    long whole(String name, long otherwise, long least) {
        String expected = "a whole number of at least " + least;
        return text(name).map(text -> {
            try {
                long value = Long.parseLong(text);
                return value >= least && value <= 1L << 52 ? value : fault(name, text, expected, otherwise);
            } catch (NumberFormatException e) {
                return fault(name, text, expected, otherwise);
            }
        }).orElse(otherwise);
    }

    int count(String name, int otherwise, int least) {
        return count(name, otherwise, least, Integer.MAX_VALUE);
    }

    int count(String name, int otherwise, int least, int most) {
        long value = whole(name, otherwise, least);
        return value <= most ? (int) value : fault(name, Long.toString(value), "at most " + most, otherwise);
    }

    OptionalDouble fraction(String name) {
        return text(name).map(text -> {
            String expected = "a number from 0 to 1";
            try {
                double value = Double.parseDouble(text);
                return value >= 0 && value <= 1
                        ? OptionalDouble.of(value)
                        : fault(name, text, expected, OptionalDouble.empty());
            } catch (NumberFormatException e) {
                return fault(name, text, expected, OptionalDouble.empty());
            }
        }).orElse(OptionalDouble.empty());
    }

    /** A decimal that is not negative, exact. */
    Optional<BigDecimal> decimal(String name) {
        return text(name).flatMap(text -> {
            String expected = "a decimal number that is not negative";
            try {
                BigDecimal value = new BigDecimal(text);
                return value.signum() >= 0 && Math.abs(value.scale()) <= 18 && value.precision() <= 18
                        ? Optional.of(value)
                        : fault(name, text, expected, Optional.empty());
            } catch (NumberFormatException e) {
                return fault(name, text, expected, Optional.empty());
            }
        });
    }

    Money money(String name, Money otherwise) {
        return decimal(name).map(Money::ofUsd).orElse(otherwise);
    }

    Duration duration(String name, Duration otherwise, Predicate<Duration> allowed, String expected) {
        return text(name).map(text -> {
            try {
                Duration value = DurationConverter.parseDuration(text);
                return allowed.test(value) ? value : fault(name, text, expected, otherwise);
            } catch (IllegalArgumentException | DateTimeParseException e) {
                return fault(name, text, expected, otherwise);
            }
        }).orElse(otherwise);
    }

    Duration positive(String name, Duration otherwise) {
        return duration(name, otherwise, value -> value.toMillis() > 0,
                "a duration above zero such as 100ms, 30s or 2h");
    }

    Duration notNegative(String name, Duration otherwise) {
        return duration(name, otherwise, value -> !value.isNegative(), "a duration such as 0s, 100ms or 2h");
    }

    /** Bytes, such as 512, 64KiB or 1MiB; K, M and G are powers of 1024. */
    int bytes(String name, int otherwise) {
        String expected = "a size of at most 1GiB such as 64KiB or 1MiB";
        return text(name).map(text -> {
            var size = SIZE.matcher(text);
            if (!size.matches()) {
                return fault(name, text, expected, otherwise);
            }
            int shift = switch (size.group(2).toUpperCase(Locale.ROOT)) {
                case "K" -> 10;
                case "M" -> 20;
                case "G" -> 30;
                default -> 0;
            };
            long bytes = Long.parseLong(size.group(1)) << shift;
            return bytes >= 0 && bytes <= 1 << 30 ? (int) bytes : fault(name, text, expected, otherwise);
        }).orElse(otherwise);
    }

    <E extends Enum<E>> E choice(String name, Class<E> type, E otherwise) {
        return text(name).map(text -> {
            for (E constant : type.getEnumConstants()) {
                if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
                    return constant;
                }
            }
            return fault(name, text, oneOf(type), otherwise);
        }).orElse(otherwise);
    }

    private static String oneOf(Class<? extends Enum<?>> type) {
        return String.join(", ",
                Arrays.stream(type.getEnumConstants()).map(c -> c.name().toLowerCase(Locale.ROOT)).toList());
    }

    Optional<URI> url(String name) {
        return text(name).flatMap(text -> {
            try {
                URI uri = new URI(text);
                boolean usable = ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
                        && uri.getHost() != null
                        && uri.getUserInfo() == null && uri.getQuery() == null && uri.getFragment() == null;
                if (usable) {
                    return Optional.of(uri);
                }
            } catch (URISyntaxException e) {
                // said below
            }
            faults.add(key(name), "expected an http or https URL without user, query and fragment"); // may hold a password
            return Optional.empty();
        });
    }

    <T> T fault(String name, String value, String expected, T otherwise) {
        faults.add(key(name), value, expected);
        return otherwise;
    }

    void fault(String name, String sentence) {
        faults.add(key(name), sentence);
    }
}
