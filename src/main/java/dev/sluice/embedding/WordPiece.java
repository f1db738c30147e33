package dev.sluice.embedding;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * BERT's tokenizer for models that know no case (Devlin et al. 2019; Wu et al. 2016 for the word pieces): cleans the
 * text, takes off accents and case, cuts at white space and around punctuation, then each word into the longest pieces
 * that the vocabulary has.
 */
final class WordPiece {
    static final int UNKNOWN = 100;
    private static final int BEGIN = 101;
    private static final int END = 102;
    private static final int LONGEST_WORD = 100;
    private static final String INSIDE = "##";
    private static final int REPLACEMENT = 0xfffd;

    private final Map<String, Integer> begins = new HashMap<>(65_536);
    private final Map<String, Integer> continues = new HashMap<>(16_384);

    /** @param tokenizer a tokenizer.json of Hugging Face's library */
    WordPiece(byte[] tokenizer) throws IOException {
        try (JsonParser json = new JsonFactory().createParser(tokenizer)) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME && "vocab".equals(json.currentName())) {
                    json.nextToken();
                    readVocabulary(json);
                    return;
                }
            }
        }
        throw new IOException("The tokenizer has no vocabulary.");
    }

    private void readVocabulary(JsonParser json) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String piece = json.currentName();
            int id = json.nextIntValue(UNKNOWN);
            if (piece.startsWith(INSIDE) && piece.length() > INSIDE.length()) {
                continues.put(piece.substring(INSIDE.length()), id);
            } else {
                begins.put(piece, id);
            }
        }
    }

    /** @return with the marks for begin and end; null where there are more than {@code most} */
    int[] ids(String text, int most) {
        String plain = plain(text);
        Tokens tokens = new Tokens(most);
        tokens.add(BEGIN);
        int from = -1; // where a word began
        for (int i = 0; i < plain.length() && !tokens.full();) {
            int c = plain.codePointAt(i);
            int after = i + Character.charCount(c);
            boolean space = c == ' ';
            if (space || isPunctuation(c)) {
                if (from >= 0) {
                    word(plain.substring(from, i), tokens);
                    from = -1;
                }
                if (!space) {
                    word(plain.substring(i, after), tokens);
                }
            } else if (from < 0) {
                from = i;
            }
            i = after;
        }
        if (from >= 0) {
            word(plain.substring(from), tokens);
        }
        tokens.add(END);
        return tokens.all();
    }

    /** Only spaces for white space, no control characters, no accents, lower case; ideographs are words of their own. */
    private static String plain(String text) {
        StringBuilder clean = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length();) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (c == '\t' || c == '\n' || c == '\r' || Character.isSpaceChar(c)) {
                clean.append(' ');
            } else if (isIdeograph(c)) {
                clean.append(' ').appendCodePoint(c).append(' ');
            } else if (c != REPLACEMENT && !isControl(c)) {
                clean.appendCodePoint(c);
            }
        }
        String decomposed = Normalizer.normalize(clean, Normalizer.Form.NFD);
        StringBuilder plain = new StringBuilder(decomposed.length());
        for (int i = 0; i < decomposed.length();) {
            int c = decomposed.codePointAt(i);
            i += Character.charCount(c);
            if (Character.getType(c) != Character.NON_SPACING_MARK) {
                plain.appendCodePoint(Character.toLowerCase(c));
            }
        }
        return plain.toString();
    }

    private void word(String word, Tokens tokens) {
        int mark = tokens.count;
        if (word.codePointCount(0, word.length()) > LONGEST_WORD) {
            tokens.add(UNKNOWN);
            return;
        }
        int from = 0;
        Map<String, Integer> pieces = begins;
        while (from < word.length()) {
            int to = word.length();
            Integer id = null;
            while (to > from && (id = pieces.get(word.substring(from, to))) == null) {
                to = word.offsetByCodePoints(to, -1);
            }
            if (id == null) {
                tokens.count = mark; // one piece unknown, the whole word unknown
                tokens.add(UNKNOWN);
                return;
            }
            tokens.add(id);
            from = to;
            pieces = continues;
        }
    }

    private static boolean isControl(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
            default -> false;
        };
    }

    private static boolean isPunctuation(int c) {
        if (c < 128) {
            return c > ' ' && c < 127 && !Character.isLetterOrDigit(c);
        }
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION ->
                true;
            default -> false;
        };
    }

    private static boolean isIdeograph(int c) {
        return c >= 0x4E00 && c <= 0x9FFF || c >= 0x3400 && c <= 0x4DBF || c >= 0x20000 && c <= 0x2A6DF
                || c >= 0x2A700 && c <= 0x2B73F || c >= 0x2B740 && c <= 0x2B81F || c >= 0x2B920 && c <= 0x2CEAF
                || c >= 0xF900 && c <= 0xFAFF || c >= 0x2F800 && c <= 0x2FA1F;
    }

    private static final class Tokens {
        private final int most;
        private int[] ids = new int[32];
        private int count;

        Tokens(int most) {
            this.most = most;
        }

        void add(int id) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = id;
        }

        boolean full() {
            return count >= most;
        }

        int[] all() {
            return count > most ? null : Arrays.copyOf(ids, count);
        }
    }
}
