package dev.sluice.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A key that exists.
 *
 * @param text the whole key; {@code *} stands for a name that the operator chooses, {@code []} for an index
 * @param secret its value is never shown
 * @param list its value is a list of plain values, written in one line or with an index each
 * @param start what every property of it begins with: tells most names apart before the pattern is asked
 * @param variableStart the same of every variable
 */
record KeyPattern(String text, boolean secret, boolean list, String start, Pattern property, String variableStart,
        Pattern variable) {

    private static final Pattern HOLES = Pattern.compile("\\*|\\[]");
    private static final Pattern NEITHER_LETTER_NOR_DIGIT = Pattern.compile("[^A-Za-z0-9]");

    static KeyPattern of(String text, boolean secret, boolean list) {
        String property = withHoles(text, Pattern::quote, "(\"[^\"]+\"|.+?)", "\\[(\\d+)]");
        String variable = withHoles(text, KeyPattern::variable, "(.+?)", "_(\\d+)_");
        String start = HOLES.split(text, 2)[0];
        return new KeyPattern(text, secret, list, start,
                Pattern.compile(property + (list ? "(?:\\[(\\d+)])?" : "")), variable(start),
                Pattern.compile(variable + (list ? "(?:_(\\d+)_)?" : "")));
    }

    private interface Wording {
        String of(String literal);
    }

    private static String withHoles(String text, Wording wording, String name, String index) {
        StringBuilder filled = new StringBuilder();
        Matcher holes = HOLES.matcher(text);
        int from = 0;
        while (holes.find()) {
            filled.append(wording.of(text.substring(from, holes.start())));
            filled.append(holes.group().equals("*") ? name : index);
            from = holes.end();
        }
        return filled.append(wording.of(text.substring(from))).toString();
    }

    /** How an environment variable spells a property. */
    static String variable(String property) {
        return NEITHER_LETTER_NOR_DIGIT.matcher(property).replaceAll("_").toUpperCase(Locale.ROOT);
    }

    /** A property or, with variable set, an upper-case environment variable. */
    Optional<Match> match(String name, boolean isVariable) {
        if (!name.startsWith(isVariable ? variableStart : start)) {
            return Optional.empty();
        }
        Matcher matcher = (isVariable ? variable : property).matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int holes = matcher.groupCount() - (list ? 1 : 0);
        List<String> names = new ArrayList<>(holes);
        for (int i = 1; i <= holes; i++) {
            String group = matcher.group(i);
            names.add(isVariable ? withoutEnds(group, '_') : withoutEnds(group, '"'));
        }
        Optional<Integer> index = list
                ? Optional.ofNullable(matcher.group(holes + 1)).map(Integer::valueOf)
                : Optional.empty();
        return Optional.of(new Match(this, names, index));
    }

    private static String withoutEnds(String name, char quote) {
        boolean quoted = name.length() > 2 && name.charAt(0) == quote && name.charAt(name.length() - 1) == quote;
        return quoted ? name.substring(1, name.length() - 1) : name;
    }

    /** This key with names and indexes put in, in the order of its holes. */
    String with(List<String> names) {
        return filled(text, names);
    }

    private static String filled(String text, List<String> names) {
        StringBuilder key = new StringBuilder();
        Matcher holes = HOLES.matcher(text);
        int from = 0;
        for (int i = 0; i < names.size() && holes.find(); i++) {
            key.append(text, from, holes.start());
            key.append(holes.group().equals("*") ? spelled(names.get(i)) : "[" + names.get(i) + "]");
            from = holes.end();
        }
        return key.append(text.substring(from)).toString();
    }

    /** Tells the tables and lists that lie on the way of a key which member of theirs it speaks of. */
    void visit(List<String> names, BiConsumer<String, String> member) {
        Matcher holes = HOLES.matcher(text);
        for (int i = 0; i < names.size() && holes.find(); i++) {
            String before = text.substring(0, holes.start());
            String table = before.endsWith(".") ? before.substring(0, before.length() - 1) : before;
            member.accept(filled(table, names.subList(0, i)), names.get(i));
        }
    }

    /** A name as a part of a key: with quotes where its dots would end it. */
    static String spelled(String name) {
        return name.contains(".") ? '"' + name + '"' : name;
    }

    /**
     * A name in the configuration that is written like this key.
     *
     * @param names what stands in the key's holes
     * @param index of a list's element, where it is written so
     */
    record Match(KeyPattern pattern, List<String> names, Optional<Integer> index) {
        String key() {
            return pattern.with(names);
        }
    }
}
