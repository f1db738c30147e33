package dev.sluice.verify;

import dev.sluice.verify.Token.Kind;
import dev.sluice.verify.Tokenizer.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A question, read.
 *
 * @param tokens all of them in their order
 * @param content those that carry content
 * @param kinds what kinds of questions its sentences are
 */
record Question(Language language, List<Token> tokens, List<Token> content, int kinds) {

    private static final int LONG_WORD = 4;

    static Question of(String text) {
        List<Piece> pieces = Tokenizer.pieces(text);
        return of(pieces, language(pieces));
    }

    /** Read as if it were of this language. */
    static Question of(String text, Language language) {
        return of(Tokenizer.pieces(text), language);
    }

    private static Question of(List<Piece> pieces, Language language) {
        List<Token> tokens = new ArrayList<>(pieces.size());
        List<Token> content = new ArrayList<>();
        boolean titled = titled(pieces);
        for (Piece piece : pieces) {
            Token last = tokens.isEmpty() ? null : tokens.get(tokens.size() - 1);
            Token token = token(piece, language, titled, tokens.size(), last);
            tokens.add(token);
            if (token.content()) {
                content.add(token);
            }
        }
        return new Question(language, tokens, content, Asking.kinds(tokens));
    }

    /** Whether the same words, numbers and pieces of code follow one another. */
    boolean reads(Question other) {
        if (tokens.size() != other.tokens.size()) {
            return false;
        }
        for (int i = 0; i < tokens.size(); i++) {
            if (!tokens.get(i).lower().equals(other.tokens.get(i).lower())) {
                return false;
            }
        }
        return true;
    }

    boolean has(Role role) {
        for (Token token : tokens) {
            if (token.is(role)) {
                return true;
            }
        }
        return false;
    }

    boolean has(String lower) {
        for (Token token : tokens) {
            if (token.lower().equals(lower)) {
                return true;
            }
        }
        return false;
    }

    boolean hasStem(String stem) {
        for (Token token : tokens) {
            if (token.stem().equals(stem)) {
                return true;
            }
        }
        return false;
    }

    private static Language language(List<Piece> pieces) {
        int english = 0;
        int german = 0;
        int words = 0;
        Vocabulary inEnglish = Vocabulary.of(Language.ENGLISH);
        Vocabulary inGerman = Vocabulary.of(Language.GERMAN);
        for (Piece piece : pieces) {
            if (piece.kind() == Kind.WORD) {
                words++;
                boolean e = inEnglish.knows(piece.lower());
                boolean g = inGerman.knows(piece.lower());
                english += e && !g ? 1 : 0;
                german += g && !e ? 1 : 0;
                if (piece.lower().chars().anyMatch(c -> c == 'ä' || c == 'ö' || c == 'ü' || c == 'ß')) {
                    german++;
                }
            }
        }
        if (english == german || Math.max(english, german) * 8 < words) {
            return Language.OTHER;
        }
        return english > german ? Language.ENGLISH : Language.GERMAN;
    }

    private static boolean titled(List<Piece> pieces) {
        int capital = 0;
        int words = 0;
        for (Piece piece : pieces) {
            if (piece.kind() == Kind.WORD && !piece.sentence() && piece.text().length() >= LONG_WORD) {
                words++;
                capital += Character.isUpperCase(piece.text().charAt(0)) ? 1 : 0;
            }
        }
        return words > 3 && capital * 5 > words * 4;
    }

    /** Whether a command may begin here: "Name", "please name", "can you name". */
    private static boolean commands(Token last, Piece piece) {
        return last == null || piece.sentence() || last.is(Role.COURTESY) || last.lower().equals("you");
    }

    /** After a mark, with a word that joins, or with a capital letter where nothing else explains it. */
    private static boolean clause(Token last, Piece piece, int roles, Language language, boolean titled) {
        if (last == null || piece.clause() || (roles & Role.CLAUSE.bit()) != 0) {
            return true;
        }
        return !(titled && language == Language.ENGLISH) && piece.text().length() > 1
                && Character.isUpperCase(piece.text().charAt(0))
                && (roles & (Role.VERB.bit() | Role.WH.bit() | Role.AUXILIARY.bit() | Role.NEGATION.bit())) != 0;
    }

    /** Whether a single letter tells one thing from another: "vitamin C", "Variante A", "column x"; not "a" and "I". */
    private static boolean designates(Piece piece, Language language, boolean titled, int roles) {
        String text = piece.text();
        if (text.length() != 1 || !Character.isLetter(text.charAt(0))) {
            return false;
        }
        boolean capital = Character.isUpperCase(text.charAt(0)) && !piece.sentence() && !titled
                && !(language == Language.ENGLISH && text.equals("I"));
        return capital || roles == 0 && !piece.lower().equals("a") && !piece.lower().equals("i");
    }

    private static Token token(Piece piece, Language language, boolean titled, int place, Token last) {
        String lower = piece.lower();
        Kind kind = piece.kind();
        String text = piece.text();
        if (kind == Kind.WORD) {
            Long number = NumberWords.of(lower, language);
            if (number != null) {
                kind = Kind.NUMBER;
                lower = Long.toString(number);
            }
        }
        int roles = kind == Kind.WORD ? Vocabulary.of(language).roles(lower) : 0;
        if (kind == Kind.WORD && designates(piece, language, titled, roles)) {
            kind = Kind.CODE;
            roles = 0;
        }
        if (commands(last, piece) && (roles & Role.COMMAND.bit()) != 0) {
            roles |= Role.ASKING.bit();
        }
        if (lower.endsWith("n't")) {
            roles |= Role.NEGATION.bit();
        }
        if (lower.endsWith("'s")) {
            lower = lower.substring(0, lower.length() - 2);
            roles |= Vocabulary.of(language).roles(lower);
        }
        boolean allCaps = text.length() > 1 && text.equals(text.toUpperCase(Locale.ROOT));
        boolean capital = Character.isUpperCase(text.charAt(0)) && !titled && (!piece.sentence() || allCaps);
        return new Token(text, lower, kind == Kind.WORD ? Stems.of(lower, language) : lower,
                kind == Kind.WORD ? Names.of(lower) : null, kind, roles, piece.sentence(),
                clause(last, piece, roles, language, titled), capital, piece.quoted(), place);
    }
}
