package dev.sluice.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Everything that is wrong with a configuration, one line each, in the order in which it was found. */
final class Faults {
    private static final int LONGEST_SHOWN = 120;
    private static final int SHORTEST_HIDDEN = 6;
    private static final Pattern PASSWORD_IN_URL = Pattern.compile("//[^/@]*@");
    private static final Pattern LINE_BREAKING = Pattern.compile("\\p{Cntrl}|\\R");

    private final Set<String> lines = new LinkedHashSet<>();
    private final Set<String> unresolved = new HashSet<>();
    private final List<String> secrets = new ArrayList<>();

    /** No line shows this value, wherever else it was put. Very short ones would be found in every word. */
    void hide(String secret) {
        if (secret.length() >= SHORTEST_HIDDEN) {
            secrets.add(secret);
        }
    }

    /** A value that names a variable which is not there. Whatever else this makes of the key is no fault of its own. */
    void unresolved(String key, String expression) {
        unresolved.add(key);
        lines.add(key + "=" + shown(expression)
                + ": expected every variable in it to be set, or to have a default as in ${NAME:}");
    }

    /** A value that cannot be used; never a secret's. */
    void add(String key, String value, String expected) {
        if (!unresolved.contains(key)) {
            lines.add(key + "=" + shown(value) + ": expected " + expected);
        }
    }

    /** A fault without a value to show. */
    void add(String key, String sentence) {
        if (!unresolved.contains(key)) {
            lines.add(key + ": " + sentence);
        }
    }

    List<String> lines() {
        return lines.stream().map(this::withoutSecrets).toList();
    }

    /** Long values are cut, and what looks like a credential is hidden although nothing is known about it. */
    static String shown(String value) {
        if (value.startsWith("sk-") || value.startsWith("Bearer ")) {
            return Secret.STARS;
        }
        String masked = withoutPasswords(value);
        return masked.length() <= LONGEST_SHOWN ? masked : masked.substring(0, LONGEST_SHOWN) + "…";
    }

    /** A text whose URLs show no user and no password. */
    static String withoutPasswords(String text) {
        return PASSWORD_IN_URL.matcher(text).replaceAll("//" + Secret.STARS + "@");
    }

    private String withoutSecrets(String line) {
        String shown = line;
        for (String secret : secrets) {
            shown = shown.replace(secret, Secret.STARS);
        }
        return LINE_BREAKING.matcher(shown).replaceAll(" ");
    }
}
