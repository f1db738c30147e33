package dev.sluice.verify;

import dev.sluice.verify.Token.Kind;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a text into raw pieces: words, numbers, code; marks only part them. */
final class Tokenizer {
    private static final Set<String> UNITS = Set.of("km", "m", "cm", "mm", "kg", "g", "mg", "lb", "lbs", "oz", "mph",
            "kmh", "ml", "l", "kb", "mb", "gb", "tb", "hz", "khz", "mhz", "ghz", "w", "kw", "kwh", "v", "mah", "am",
            "pm", "h", "hr", "hrs", "min", "mins", "s", "sec", "ms", "px", "ft", "inch", "mp", "k", "c", "f", "usd",
            "eur", "yr", "yrs");
    private static final Pattern NUMBER = Pattern.compile("[+-]?\\d+(?:[.,:]\\d+)*");
    private static final Pattern THOUSANDS = Pattern.compile("\\d{1,3}(?:([.,])\\d{3})(?:\\1\\d{3})*");
    private static final Pattern ORDINAL = Pattern.compile("(\\d+)(?:st|nd|rd|th)");
    private static final Pattern MEASURED = Pattern.compile("(\\d+(?:[.,]\\d+)*)(\\p{L}+)");
    private static final Pattern NUMBERED = Pattern.compile("(\\p{L}{2,})(\\d+(?:\\.\\d+)*)");
    private static final Pattern INITIALS = Pattern.compile("(?:\\p{L}\\.)+\\p{L}?");
    /** What is longer is no word, and too long for patterns that recurse. */
    private static final int LONGEST = 200;
    private static final String OPENING = "\"'`([{<«»„“”‚‘’*_~¿¡-–—";
    private static final String CLOSING = "\"'`)]}>«»“”‘’*_~.,;:!?…-–—";
    private static final String PARTING = ",;()[]-–—";
    private static final String QUOTES = "\"«»„“”`";
    private static final String CODE = "_=<>{}[]()\\@#$|^~*+/:&";
    private static final Pattern OPERATOR = Pattern.compile("[-+*/=<>%&|^~]{1,3}");
    private static final Pattern TERM = Pattern.compile(".*\\d[)\\]]?[-–−/*+^=x×÷]+[(\\[]?\\d.*");
    private static final String CURRENCIES = "$€£¥₹";

    /**
     * @param sentence begins one
     * @param clause stands after a comma or another mark that parts
     */
    record Piece(String text, String lower, Kind kind, boolean sentence, boolean clause, boolean quoted) {}

    private final List<Piece> pieces = new ArrayList<>();
    private boolean sentence = true;
    private boolean clause = true;
    private boolean quoted;

    private Tokenizer() {
    }

    static List<Piece> pieces(String text) {
        Tokenizer tokenizer = new Tokenizer();
        int start = -1;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : ' ';
            boolean between = Character.isWhitespace(c) || Character.isSpaceChar(c);
            if (!between && start < 0) {
                start = i;
            }
            if (between && start >= 0) {
                tokenizer.chunk(text.substring(start, i));
                start = -1;
            }
            if (c == '\n') {
                tokenizer.sentence = true;
            }
        }
        return tokenizer.pieces;
    }

    private void chunk(String chunk) {
        if (OPERATOR.matcher(chunk).matches()) {
            // a lone line between words is a dash
            clause = true;
            if (!chunk.startsWith("-") || !pieces.isEmpty() && pieces.get(pieces.size() - 1).kind() == Kind.NUMBER) {
                add(chunk, chunk, Kind.CODE);
            }
            return;
        }
        int start = 0;
        int end = chunk.length();
        while (start < end && OPENING.indexOf(chunk.charAt(start)) >= 0) {
            if (QUOTES.indexOf(chunk.charAt(start)) >= 0) {
                quoted = !quoted;
            }
            clause |= PARTING.indexOf(chunk.charAt(start)) >= 0;
            start++;
        }
        while (end > start && CLOSING.indexOf(chunk.charAt(end - 1)) >= 0 && !closes(chunk, start, end - 1)) {
            end--;
        }
        if (start < end) {
            inner(chunk.substring(start, end));
        }
        for (int i = end; i < chunk.length(); i++) {
            char c = chunk.charAt(i);
            if (QUOTES.indexOf(c) >= 0) {
                quoted = !quoted;
            }
            sentence |= c == '.' || c == '!' || c == '?' || c == ':' || c == '…';
            clause |= PARTING.indexOf(c) >= 0;
        }
    }

    /** The bracket of a call, "f()", belongs to it. */
    private static boolean closes(String chunk, int start, int at) {
        int open = switch (chunk.charAt(at)) {
            case ')' -> '(';
            case ']' -> '[';
            default -> -1;
        };
        int opened = open < 0 ? -1 : chunk.indexOf(open, start);
        return opened >= 0 && opened < at;
    }

    private void inner(String text) {
        String lower = text.toLowerCase(Locale.ROOT).replace('’', '\'').replace('‘', '\'');
        if (text.length() > LONGEST || text.contains("://") || lower.startsWith("www.")) {
            add(text, lower, Kind.CODE);
        } else if (number(text, lower)) {
            return;
        } else if (INITIALS.matcher(text).matches()) {
            add(text.replace(".", ""), lower.replace(".", ""), Kind.WORD);
        } else if (TERM.matcher(text).matches() || code(text)) {
            add(text, lower, Kind.CODE);
        } else {
            words(text, lower);
        }
    }

    private boolean number(String text, String lower) {
        String digits = lower;
        String currency = null;
        String unit = null;
        if (CURRENCIES.indexOf(digits.charAt(0)) >= 0) {
            currency = digits.substring(0, 1);
            digits = digits.substring(1);
        } else if (!digits.isEmpty() && (CURRENCIES + "%°").indexOf(digits.charAt(digits.length() - 1)) >= 0) {
            unit = digits.substring(digits.length() - 1);
            digits = digits.substring(0, digits.length() - 1);
        }
        Matcher measured = MEASURED.matcher(digits);
        if (measured.matches()) {
            if (ORDINAL.matcher(digits).matches()) {
                digits = measured.group(1);
            } else if (UNITS.contains(measured.group(2))) {
                digits = measured.group(1);
                unit = measured.group(2);
            }
        }
        if (!NUMBER.matcher(digits).matches()) {
            return false;
        }
        if ("k".equals(unit)) {
            digits += "000";
            unit = null;
        }
        add(text, plain(digits), Kind.NUMBER);
        if (currency != null || unit != null) {
            String word = currency != null ? currency : unit;
            add(word, switch (word) {
                case "$" -> "dollar";
                case "€" -> "euro";
                case "£" -> "pound";
                case "%" -> "percent";
                default -> word;
            }, Kind.WORD);
        }
        return true;
    }

    /** "1,000", "1.000" and "1000" are one number; so are "3,5", "3.5" and "3.50". */
    static String plain(String digits) {
        if (THOUSANDS.matcher(digits).matches()) {
            return digits.replace(".", "").replace(",", "");
        }
        String number = digits.replace(',', '.');
        if (number.indexOf(':') >= 0 || number.indexOf('.') != number.lastIndexOf('.') || number.length() > 30) {
            return number;
        }
        BigDecimal value = new BigDecimal(number).stripTrailingZeros();
        return value.toPlainString();
    }

    private static boolean code(String text) {
        boolean letter = false;
        boolean digit = false;
        boolean mark = false;
        int slashes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            letter |= Character.isLetter(c);
            digit |= Character.isDigit(c);
            mark |= CODE.indexOf(c) >= 0 && c != '/';
            slashes += c == '/' ? 1 : 0;
        }
        boolean dotted = text.indexOf('.') > 0 && letter && !text.contains("...")
                && text.indexOf('.') < text.length() - 1
                && Character.isLetterOrDigit(text.charAt(text.indexOf('.') + 1));
        return mark || slashes > 1 || text.charAt(0) == '/' || dotted
                || letter && digit && text.indexOf('-') < 0 && text.indexOf('/') < 0
                        && !NUMBERED.matcher(text).matches();
    }

    private void words(String text, String lower) {
        int start = 0;
        int next;
        for (int i = 0; i <= text.length(); i = next) {
            int c = i < text.length() ? text.codePointAt(i) : '-';
            next = i + Character.charCount(c);
            if (!inWord(c)) {
                if (i > start) {
                    word(text.substring(start, i), lower.substring(start, i));
                }
                if (symbol(c)) {
                    add(text.substring(i, next), lower.substring(i, next), Kind.CODE);
                }
                sentence |= c == '.' || c == '?' || c == '!';
                clause |= PARTING.indexOf(c) >= 0 && c != '-';
                start = next;
            }
        }
    }

    private static boolean inWord(int c) {
        int type = Character.getType(c);
        return Character.isLetterOrDigit(c) || c == '\'' || c == '’' || type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK;
    }

    /** What is no mark of punctuation means something. */
    private static boolean symbol(int c) {
        int type = Character.getType(c);
        return type == Character.OTHER_SYMBOL || type == Character.MATH_SYMBOL || type == Character.CURRENCY_SYMBOL;
    }

    private void word(String text, String lower) {
        Matcher numbered = NUMBERED.matcher(lower);
        if (NUMBER.matcher(lower).matches()) {
            add(text, plain(lower), Kind.NUMBER);
        } else if (numbered.matches()) {
            add(text.substring(0, numbered.end(1)), numbered.group(1), Kind.WORD);
            add(numbered.group(2), plain(numbered.group(2)), Kind.NUMBER);
        } else if (!lower.chars().allMatch(c -> c == '\'')) {
            add(text, lower, Kind.WORD);
        }
    }

    private void add(String text, String lower, Kind kind) {
        pieces.add(new Piece(text, lower, kind, sentence, sentence || clause, quoted));
        sentence = false;
        clause = false;
    }
}
