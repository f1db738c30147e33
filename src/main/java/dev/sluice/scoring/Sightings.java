package dev.sluice.scoring;

/**
 * How often each {@link Sign} is seen in a prompt, found in one pass without allocation per word. Of a huge prompt its
 * beginning and its end are read: that is where instructions stand.
 */
final class Sightings {
    private static final int MAX_READ = 16_384;
    private static final int MIN_BEGINNING = 3;
    private static final int LONG_NUMBER_DIGITS = 3;
    private static final int SIGNS = Sign.values().length;
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

    private final int[] counts = new int[SIGNS];
    private int beforeOptions;
    private int longestLine;
    private int longestNumber;

    private long previousWord;
    private boolean gathering;
    private boolean fenced;
    private boolean inFormula;

    private Sightings() {
    }

    static Sightings in(String prompt) {
        Sightings seen = new Sightings();
        int length = prompt.length();
        seen.beforeOptions = length;
        if (length <= MAX_READ) {
            seen.read(prompt, 0, length);
        } else {
            seen.read(prompt, 0, MAX_READ / 2);
            seen.read(prompt, length - MAX_READ / 2, length);
        }
        seen.counts[Sign.CHARACTER.ordinal()] = length;
        return seen;
    }

    int count(Sign sign) {
        return counts[sign.ordinal()];
    }

    /** Characters before the first of the options to choose from; all of them where there are none. */
    int beforeOptions() {
        return beforeOptions;
    }

    /** In characters. */
    int longestLine() {
        return longestLine;
    }

    /** In digits. */
    int longestNumber() {
        return longestNumber;
    }

    private void read(String prompt, int start, int end) {
        int i = start;
        int line = start;
        while (i < end) {
            char c = prompt.charAt(i);
            if (letter(c)) {
                i = word(prompt, i, end);
            } else if (digit(c)) {
                i = number(prompt, i, end);
            } else {
                if (c == '\n') {
                    line(prompt, line, i);
                    line = i + 1;
                } else if (c > ' ') {
                    mark(prompt, i, end, c);
                }
                i++;
            }
        }
        line(prompt, line, end);
    }

    private int word(String prompt, int start, int end) {
        long hash = Lexicon.begin();
        int beginning = Lexicon.NONE;
        int i = start;
        for (; i < end; i++) {
            char c = prompt.charAt(i);
            if (!letter(c)) {
                break;
            }
            hash = Lexicon.append(hash, lower(c));
            if (i - start >= MIN_BEGINNING - 1) {
                int longer = LEXICON.beginning(hash);
                beginning = longer == Lexicon.NONE ? beginning : longer;
            }
        }
        counts[Sign.WORD.ordinal()]++;
        counts[Sign.LETTER.ordinal()] += i - start;
        int sign = LEXICON.word(hash);
        sign = sign == Lexicon.NONE ? beginning : sign;
        if (sign != Lexicon.NONE) {
            counts[sign]++;
        }
        phrase(hash);
        previousWord = hash;
        return i;
    }

    private void phrase(long word) {
        if (word == IF && previousWord == WHAT || (word == WAERE || word == WUERDE) && previousWord == WAS) {
            saw(Sign.WHAT_IF);
        } else if (word == THAT && previousWord == SHOW || word == DASS && previousWord == ZEIGE) {
            saw(Sign.PROVE);
        } else if (word == FASSE || word == FASS || word == FASST || word == FASSEN) {
            gathering = true;
        } else if (word == ZUSAMMEN && gathering) {
            gathering = false;
            saw(Sign.SUMMARISE);
        }
    }

    private int number(String prompt, int start, int end) {
        int digits = 0;
        int i = start;
        while (i < end && (digit(prompt.charAt(i)) || separator(prompt, i, end))) {
            digits += digit(prompt.charAt(i)) ? 1 : 0;
            i++;
        }
        saw(Sign.NUMBER);
        counts[Sign.DIGIT.ordinal()] += digits;
        if (digits < i - start) {
            saw(Sign.DECIMAL);
        }
        if (digits >= LONG_NUMBER_DIGITS) {
            saw(Sign.LONG_NUMBER);
        }
        longestNumber = Math.max(longestNumber, digits);
        return i;
    }

    private static boolean separator(String prompt, int i, int end) {
        char c = prompt.charAt(i);
        return (c == '.' || c == ',') && i + 1 < end && digit(prompt.charAt(i + 1));
    }

    private void mark(String prompt, int i, int end, char c) {
        switch (c) {
            case '.', '!', '?' -> {
                if (c == '?') {
                    saw(Sign.QUESTION);
                }
                if (i + 1 == end || prompt.charAt(i + 1) <= ' ') {
                    saw(Sign.SENTENCE);
                }
            }
            case '\\' -> {
                if (i + 1 < end && letter(prompt.charAt(i + 1))) {
                    saw(Sign.FORMULA); // a LaTeX command
                }
            }
            case '$' -> dollar(prompt, i, end);
            case '€', '£' -> saw(Sign.MONEY);
            case '%' -> saw(Sign.PERCENT);
            case '=', '+', '*', '^', '/', '<', '>', '×', '÷' -> saw(Sign.OPERATOR);
            case '(' -> saw(Sign.PARENTHESIS);
            case '[', '{' -> saw(Sign.BRACKET);
            case '_' -> saw(Sign.UNDERSCORE);
            case ':' -> saw(Sign.COLON);
            case ';' -> saw(Sign.SEMICOLON);
            default -> {
                if (c >= '\u2190' && c <= '\u22ff') { // arrows and mathematical operators
                    saw(Sign.OPERATOR);
                }
            }
        }
    }

    /** Dollars stand before or after a number; what else is between two dollar signs is a formula. */
    private void dollar(String prompt, int i, int end) {
        boolean money = !inFormula && (price(prompt, i + 1, end) || priced(prompt, i, end));
        saw(money ? Sign.MONEY : Sign.FORMULA);
        inFormula = !money && !inFormula;
    }

    private static boolean price(String prompt, int start, int end) {
        int i = start;
        while (i < end && (digit(prompt.charAt(i)) || separator(prompt, i, end))) {
            i++;
        }
        return i > start && endsWord(prompt, i, end);
    }

    private static boolean priced(String prompt, int i, int end) {
        int before = i > 0 && prompt.charAt(i - 1) <= ' ' ? i - 2 : i - 1;
        return before >= 0 && digit(prompt.charAt(before)) && endsWord(prompt, i + 1, end);
    }

    private static boolean endsWord(String prompt, int i, int end) {
        char c = i < end ? prompt.charAt(i) : ' ';
        return c <= ' ' || c == '.' || c == ',' || c == '?' || c == '!' || c == ';' || c == ')' || c == '-';
    }

    private void line(String prompt, int start, int end) {
        longestLine = Math.max(longestLine, end - start);
        inFormula = false;
        saw(Sign.LINE);
        int first = start;
        while (first < end && prompt.charAt(first) <= ' ') {
            first++;
        }
        int last = end - 1;
        while (last > first && prompt.charAt(last) <= ' ') {
            last--;
        }
        if (first >= end) {
            saw(Sign.BLANK_LINE);
            saw(Sign.TEXT_LINE);
            return;
        }
        char begins = prompt.charAt(first);
        char ends = prompt.charAt(last);
        boolean indented = first - start >= 2 || prompt.charAt(start) == '\t';
        boolean fence = prompt.startsWith("```", first);
        fenced ^= fence;
        if (indented) {
            saw(Sign.INDENTED_LINE);
        }
        if (fenced || fence || ends == ';' || ends == '{' || begins == '}' || ends == ':' && indented) {
            saw(Sign.CODE_LINE);
        } else if (option(prompt, first, last)) {
            saw(Sign.OPTION);
            beforeOptions = Math.min(beforeOptions, start);
        } else if (!indented) {
            saw(Sign.TEXT_LINE);
        }
        if (last > first && (begins == '-' || begins == '*' || begins == '•' || begins == '#')
                || numbered(prompt, first, last)) {
            saw(Sign.LIST_ITEM);
        }
    }

    /** {@code A. …}, {@code A) …} or {@code A: …} */
    private static boolean option(String prompt, int first, int last) {
        char begins = prompt.charAt(first);
        if (begins < 'A' || begins > 'J' || last - first < 2 || prompt.charAt(first + 2) != ' ') {
            return false;
        }
        char mark = prompt.charAt(first + 1);
        return mark == '.' || mark == ')' || mark == ':';
    }

    private static boolean numbered(String prompt, int first, int last) {
        int i = first;
        while (i <= last && digit(prompt.charAt(i))) {
            i++;
        }
        return i > first && i < last && (prompt.charAt(i) == '.' || prompt.charAt(i) == ')')
                && prompt.charAt(i + 1) == ' ';
    }

    private void saw(Sign sign) {
        counts[sign.ordinal()]++;
    }

    private static boolean digit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean letter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 'À' && Character.isLetter(c);
    }

    private static char lower(char c) {
        return c < 0x80 ? (char) (c | 0x20) : Character.toLowerCase(c);
    }
}
