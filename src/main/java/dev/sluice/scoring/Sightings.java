package dev.sluice.scoring;

/**
 * How often each {@link Sign} is seen in a prompt, found in one pass. Of a huge prompt its beginning and its end are
 * read: that is where instructions stand.
 */
final class Sightings {
    private static final int MAX_READ = 16_384;
    private static final Lexicon LEXICON = new Lexicon();
    private static final long WHAT = Lexicon.hash("what");
    private static final long IF = Lexicon.hash("if");
    private static final long WAS = Lexicon.hash("was");
    private static final long WAERE = Lexicon.hash("wäre");
    private static final long WUERDE = Lexicon.hash("würde");
    private static final long SHOW = Lexicon.hash("show");
    private static final long THAT = Lexicon.hash("that");
    private static final long ZEIGE = Lexicon.hash("zeige");
    private static final long DASS = Lexicon.hash("dass");
    private static final long FASSE = Lexicon.hash("fasse");
    private static final long FASS = Lexicon.hash("fass");
    private static final long FASST = Lexicon.hash("fasst");
    private static final long FASSEN = Lexicon.hash("fassen");
    private static final long ZUSAMMEN = Lexicon.hash("zusammen");

    private final int[] counts = new int[Sign.values().length];
    private int words;
    private long previous;
    private boolean gathering;

    private char first;
    private char last;
    private int digitsAtStart;
    private boolean fenced;

    private Sightings() {
    }

    static Sightings in(String prompt) {
        Sightings seen = new Sightings();
        int length = prompt.length();
        if (length <= MAX_READ) {
            seen.read(prompt, 0, length);
        } else {
            seen.read(prompt, 0, MAX_READ / 2);
            seen.read(prompt, length - MAX_READ / 2, length);
            seen.words = (int) ((long) seen.words * length / MAX_READ);
        }
        return seen;
    }

    int count(Sign sign) {
        return counts[sign.ordinal()];
    }

    int words() {
        return words;
    }

    private void read(String prompt, int start, int end) {
        long word = 0;
        beginLine();
        for (int i = start; i < end; i++) {
            char c = prompt.charAt(i);
            if (letter(c)) {
                word = Lexicon.append(word == 0 ? Lexicon.begin() : word, lower(c));
            } else if (word != 0) {
                word(word);
                word = 0;
            }
            if (c == '\n') {
                endLine();
                beginLine();
            } else if (c > ' ') {
                mark(prompt, i, end, c);
                last = c;
                first = first == 0 ? c : first;
            }
        }
        if (word != 0) {
            word(word);
        }
        endLine();
    }

    private void word(long hash) {
        words++;
        int sign = LEXICON.sign(hash);
        if (sign != Lexicon.NONE) {
            counts[sign]++;
        } else if (previous == WHAT && hash == IF || previous == WAS && (hash == WAERE || hash == WUERDE)) {
            saw(Sign.WHAT_IF);
        } else if (previous == SHOW && hash == THAT || previous == ZEIGE && hash == DASS) {
            saw(Sign.PROVE);
        } else if (hash == FASSE || hash == FASS || hash == FASST || hash == FASSEN) {
            gathering = true;
        } else if (hash == ZUSAMMEN && gathering) {
            gathering = false;
            saw(Sign.SUMMARISE);
        }
        previous = hash;
    }

    private void mark(String prompt, int i, int end, char c) {
        switch (c) {
            case '?' -> saw(Sign.QUESTION);
            case '\\' -> {
                if (i + 1 < end && letter(prompt.charAt(i + 1))) {
                    saw(Sign.MATHEMATICS); // a LaTeX command
                }
            }
            case '=', '+', '*', '^', '/' -> {
                if (i > 0 && i + 1 < end && operand(prompt, i - 1, -1) && operand(prompt, i + 1, 1)) {
                    saw(Sign.MATHEMATICS);
                }
            }
            case '∑', '∫', '√', '≤', '≥', '∈', '∀', '∃', '→', '⊃', '∂', '∞' -> saw(Sign.MATHEMATICS);
            default -> {
                if (c >= '0' && c <= '9' && digitsAtStart >= 0 && (first == 0 || digitsAtStart > 0)) {
                    digitsAtStart++;
                } else if (digitsAtStart > 0) {
                    if (c == '.' || c == ')') {
                        saw(Sign.STRUCTURE);
                    }
                    digitsAtStart = -1;
                }
            }
        }
    }

    /** A digit, or a letter that stands alone, perhaps after one blank. */
    private static boolean operand(String prompt, int i, int step) {
        int at = prompt.charAt(i) == ' ' ? i + step : i;
        if (at < 0 || at >= prompt.length()) {
            return false;
        }
        char c = prompt.charAt(at);
        if (c >= '0' && c <= '9') {
            return true;
        }
        int beyond = at + step;
        return letter(c) && (beyond < 0 || beyond >= prompt.length() || !letter(prompt.charAt(beyond)));
    }

    private void beginLine() {
        first = 0;
        last = 0;
        digitsAtStart = 0;
    }

    private void endLine() {
        if (first == '`' && last != 0) {
            fenced = !fenced;
            saw(Sign.CODE);
        } else if (fenced && first != 0 || last == ';' || last == '{' || first == '}' || first == '@') {
            saw(Sign.CODE);
        } else if (first == '-' || first == '*' || first == '•' || first == '#' || first == '|') {
            saw(Sign.STRUCTURE);
        }
    }

    private void saw(Sign sign) {
        counts[sign.ordinal()]++;
    }

    private static boolean letter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0xc0 && Character.isLetter(c);
    }

    private static char lower(char c) {
        return c < 0x80 ? (char) (c | 0x20) : Character.toLowerCase(c);
    }
}
