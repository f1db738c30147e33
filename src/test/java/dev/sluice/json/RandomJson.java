package dev.sluice.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** A value that can be written down in many ways. */
final class RandomJson {
    private static final String[] CHARACTERS = { "a", "Z", "0", " ", "\n", "\u0001", "\"", "\\", "/", "ä", "€",
            "\ue000",
            "\uffff", "😀", "\u007f", "\u2028"};

    private final Random random;
    private Object value;

    RandomJson(long seed) {
        random = new Random(seed);
        value = value(0);
    }

    private Object value(int depth) {
        return switch (random.nextInt(depth > 4 ? 4 : 6)) {
            case 0 -> text();
            case 1 -> number();
            case 2 -> random.nextBoolean();
            case 3 -> null;
            case 4 -> {
                List<Object> array = new ArrayList<>();
                for (int i = random.nextInt(5); i > 0; i--) {
                    array.add(value(depth + 1));
                }
                yield array;
            }
            default -> {
                Map<String, Object> object = new LinkedHashMap<>();
                for (int i = random.nextInt(random.nextInt(8) == 0 ? 40 : 5); i > 0; i--) {
                    object.put(text(), value(depth + 1));
                }
                yield object;
            }
        };
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(6); i > 0; i--) {
            text.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
        }
        return text.toString();
    }

    private Number number() {
        return switch (random.nextInt(3)) {
            case 0 -> random.nextInt(100);
            case 1 -> random.nextLong();
            default -> random.nextDouble() * Math.pow(10, random.nextInt(40) - 20);
        };
    }

    /** Changes one value somewhere. */
    void changeSomething() {
        value = change(value);
    }

    private Object change(Object old) {
        if (old instanceof List<?> list && !list.isEmpty()) {
            List<Object> array = new ArrayList<>(list);
            int index = random.nextInt(array.size());
            array.set(index, change(array.get(index)));
            return array;
        }
        if (old instanceof Map<?, ?> map && !map.isEmpty()) {
            Map<String, Object> object = new LinkedHashMap<>();
            int index = random.nextInt(map.size());
            for (Map.Entry<?, ?> member : map.entrySet()) {
                Object kept = member.getValue();
                object.put((String) member.getKey(), index-- == 0 ? change(kept) : kept);
            }
            return object;
        }
        if (old instanceof String text) {
            return text + "x";
        }
        if (old instanceof Long number) {
            return number ^ 1;
        }
        return old instanceof Integer number ? (Object) (number + 1) : "changed";
    }

    /** The same value each time, its members in another order, its spaces and escapes elsewhere. */
    String write(long seed) {
        StringBuilder out = new StringBuilder();
        write(value, new Random(seed), out);
        return out.toString();
    }

    private static void write(Object value, Random style, StringBuilder out) {
        space(style, out);
        if (value instanceof List<?> list) {
            out.append('[');
            String separator = "";
            for (Object element : list) {
                out.append(separator);
                write(element, style, out);
                separator = ",";
            }
            out.append(']');
        } else if (value instanceof Map<?, ?> map) {
            List<Map.Entry<?, ?>> members = new ArrayList<>(map.entrySet());
            Collections.shuffle(members, style);
            out.append('{');
            String separator = "";
            for (Map.Entry<?, ?> member : members) {
                out.append(separator);
                space(style, out);
                string((String) member.getKey(), style, out);
                space(style, out);
                out.append(':');
                write(member.getValue(), style, out);
                separator = ",";
            }
            out.append('}');
        } else if (value instanceof String text) {
            string(text, style, out);
        } else {
            out.append(value);
        }
        space(style, out);
    }

    private static void space(Random style, StringBuilder out) {
        for (int i = style.nextInt(3); i > 0; i--) {
            out.append(" \t\r\n".charAt(style.nextInt(4)));
        }
    }

    private static void string(String text, Random style, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c);
            if (style.nextInt(4) == 0) {
                escape(c, out);
                if (pair) {
                    escape(text.charAt(++i), out);
                }
            } else if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c < ' ') {
                escape(c, out);
            } else {
                out.append(c);
                if (pair) {
                    out.append(text.charAt(++i));
                }
            }
        }
        out.append('"');
    }

    private static void escape(char c, StringBuilder out) {
        String hex = Integer.toHexString(0x10000 | c).substring(1);
        out.append("\\u").append((c & 1) == 0 ? hex : hex.toUpperCase(Locale.ROOT));
    }
}
