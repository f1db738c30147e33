package dev.sluice.admin;

import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Reply.Refusal;
import dev.sluice.Refused;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;

/** A JSON object that somebody sent to an admin resource; whatever is not as it must be is {@link Refused} with 400. */
final class Body {
    /** Above it a whole number is not exact as a double, which is what Redis' scripts count in. */
    private static final long MAX_WHOLE = 1L << 52;
    /** For the same reason: whole nano-dollars. */
    private static final BigDecimal MAX_DOLLARS = BigDecimal.valueOf(4_000_000);
    private static final int MAX_DECIMAL_LENGTH = 32;
    private static final int MAX_SHOWN = 64;
    private static final int NANO_DOLLARS = 9;
    private static final int MAX_SCALE = 18;

    private final Json json;

    private Body(Json json) {
        this.json = json;
    }

    static Body read(byte[] bytes) {
        try {
            Json json = Json.parse(bytes);
            if (!json.is(json.root(), Kind.OBJECT)) {
                throw refused(null, "The body must be a JSON object.");
            }
            return new Body(json);
        } catch (MalformedJson e) {
            throw refused(null, e.getMessage());
        }
    }

    Set<String> members() {
        Set<String> names = new LinkedHashSet<>();
        for (int member = json.first(json.root()); member != Json.NONE; member = json.next(json.root(), member)) {
            names.add(json.text(member));
        }
        return names;
    }

    boolean has(String name) {
        return value(name) != Json.NONE;
    }

    private int value(String name) {
        return json.member(json.root(), name);
    }

    String text(String name, Predicate<String> allowed, String expected) {
        int value = value(name);
        if (!json.is(value, Kind.STRING) || !allowed.test(json.text(value))) {
            throw mustBe(name, expected);
        }
        return json.text(value);
    }

    boolean flag(String name) {
        int value = value(name);
        if (!json.is(value, Kind.TRUE) && !json.is(value, Kind.FALSE)) {
            throw mustBe(name, "true or false");
        }
        return json.is(value, Kind.TRUE);
    }

    long whole(String name, long most) {
        long whole = json.count(json.root(), name, -1);
        if (whole < 0 || whole > most) {
            throw mustBe(name, "a whole number from 0 to " + most);
        }
        return whole;
    }

    long whole(String name) {
        return whole(name, MAX_WHOLE);
    }

    Priority priority(String name) {
        return Priority.of(text(name, text -> Priority.of(text).isPresent(), "one of low, medium, high and critical"))
                .orElseThrow();
    }

    /** A decimal as a string or as a number, exact to the nano-dollar. */
    Money money(String name) {
        int value = value(name);
        String text = json.is(value, Kind.STRING)
                ? json.text(value)
                : json.is(value, Kind.NUMBER) ? json.literal(value) : "";
        String expected = "US dollars from 0 to " + MAX_DOLLARS + " with at most nine decimals, such as \"12.50\"";
        // Longer ones are not read, because reading takes the square of the length.
        if (text.isEmpty() || text.length() > MAX_DECIMAL_LENGTH) {
            throw mustBe(name, expected);
        }
        try {
            BigDecimal dollars = new BigDecimal(text);
            boolean allowed = dollars.signum() >= 0 && Math.abs(dollars.scale()) <= MAX_SCALE
                    && dollars.compareTo(MAX_DOLLARS) <= 0 && dollars.stripTrailingZeros().scale() <= NANO_DOLLARS;
            if (!allowed) {
                throw mustBe(name, expected);
            }
            return Money.ofUsd(dollars);
        } catch (NumberFormatException e) {
            throw mustBe(name, expected);
        }
    }

    /** An array of at least one of these. */
    Set<String> textsOf(String name, Set<String> allowed) {
        int array = value(name);
        if (!json.is(array, Kind.ARRAY) || json.first(array) == Json.NONE) {
            throw mustBe(name, "an array of at least one string");
        }
        Set<String> texts = new LinkedHashSet<>();
        for (int item = json.first(array); item != Json.NONE; item = json.next(array, item)) {
            if (!json.is(item, Kind.STRING)) {
                throw mustBe(name, "an array of at least one string");
            }
            String text = json.text(item);
            if (!allowed.contains(text)) {
                throw refused(name, "`" + name + "` holds `" + shown(text) + "`, which is none of "
                        + String.join(", ", allowed) + ".");
            }
            texts.add(text);
        }
        return Collections.unmodifiableSet(texts);
    }

    /** What somebody sent, as far as it fits into a sentence. */
    static String shown(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    }

    private static Refused mustBe(String name, String expected) {
        return refused(name, "`" + name + "` must be " + expected + ".");
    }

    static Refused refused(String param, String message) {
        return new Refused(Refusal.invalid(param, message));
    }
}
