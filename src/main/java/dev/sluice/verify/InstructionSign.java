package dev.sluice.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * One side tells how to answer: a form ("as a table"), a command about commands ("ignore the above"), several words that
 * usually belong to one ("answer", "only"), or a clause that commands what the other side does not, whatever it is. Or it
 * is the other side with more than a word or two behind or before it, or with a sentence of its own.
 */
final class InstructionSign implements Sign {
    private static final int SUSPICIOUS = 2;
    private static final int ADDED = 3;
    private static final Set<String> LEADING = Set.of("always", "also", "just", "only", "simply", "first", "now", "do",
            "don't", "immer", "nur", "einfach", "auch", "zuerst", "jetzt");
    /** As if, as though, als ob, als wärst du. */
    private static final Set<String> AS = Set.of("as", "als");
    private static final Set<String> IF = Set.of("if", "though", "ob", "wäre", "wärst", "wären", "hättest");
    private static final String LET = "let";
    private static final Set<String> ASKER = Set.of("me", "us", "mir", "uns", "if", "whether", "ob");

    @Override
    public Reason reason() {
        return Reason.INSTRUCTION;
    }

    @Override
    public boolean seen(Pairing pairing) {
        Question first = pairing.first();
        Question second = pairing.second();
        return steers(first, second) || steers(second, first) || adds(first.tokens(), second.tokens())
                || adds(second.tokens(), first.tokens()) || sentence(first, second, pairing.onlyFirst())
                || sentence(second, first, pairing.onlySecond())
                || command(first, second, pairing.onlyFirst()) || command(second, first, pairing.onlySecond());
    }

    private static boolean steers(Question question, Question elsewhere) {
        int suspicious = 0;
        String before = "";
        for (Token token : question.tokens()) {
            if (AS.contains(before) && IF.contains(token.lower()) && !elsewhere.has(before)) {
                return true;
            }
            before = token.lower();
            if ((token.is(Role.STEERING) || token.is(Role.ANSWERING)) && !elsewhere.has(token.lower())) {
                suspicious += token.is(Role.STEERING) ? SUSPICIOUS : 1;
            }
        }
        return suspicious >= SUSPICIOUS;
    }

    /** Whether one of several sentences has content, but none that the other question knows. */
    private static boolean sentence(Question question, Question elsewhere, List<Token> only) {
        boolean added = false;
        int sentences = 0;
        for (List<Token> sentence : parts(question.tokens(), Token::first)) {
            added |= alien(sentence, elsewhere, only);
            sentences++;
        }
        return added && sentences > 1;
    }

    /** Whether one of several clauses commands what the other question does not. */
    private static boolean command(Question question, Question elsewhere, List<Token> only) {
        int known = 0;
        boolean knownAside = false;
        boolean commands = false;
        List<List<Token>> clauses = parts(question.tokens(), Token::clause);
        for (List<Token> clause : clauses) {
            known += knows(clause, only) ? 1 : 0;
        }
        for (List<Token> clause : clauses) {
            Token verb = verb(clause);
            if (verb != null && !elsewhere.hasStem(verb.stem())
                    && (!asks(clause, verb) || !knows(clause, only) && clause.stream().anyMatch(only::contains))) {
                commands = true;
                knownAside |= verb.is(Role.REPLY) || known > (knows(clause, only) ? 1 : 0);
            }
        }
        return commands && knownAside;
    }

    private static List<List<Token>> parts(List<Token> tokens, Predicate<Token> begins) {
        List<List<Token>> parts = new ArrayList<>();
        int from = 0;
        for (int to = 1; to <= tokens.size(); to++) {
            if (to == tokens.size() || begins.test(tokens.get(to))) {
                parts.add(tokens.subList(from, to));
                from = to;
            }
        }
        return parts;
    }

    private static boolean knows(List<Token> part, List<Token> only) {
        for (Token token : part) {
            if (token.content() && !only.contains(token)) {
                return true;
            }
        }
        return false;
    }

    private static boolean alien(List<Token> part, Question elsewhere, List<Token> only) {
        boolean own = false;
        for (Token token : part) {
            own |= only.contains(token) || token.is(Role.ANSWERING) && !elsewhere.has(token.lower());
        }
        return own && !knows(part, only);
    }

    /** The verb that a clause begins with, so that it commands; null where it does not. */
    private static Token verb(List<Token> clause) {
        for (Token token : clause) {
            if (!token.is(Role.COURTESY) && !token.is(Role.CLAUSE) && !token.is(Role.NEGATION)
                    && !LEADING.contains(token.lower())) {
                return token.is(Role.VERB) && !token.is(Role.AUXILIARY) ? token : null;
            }
        }
        return null;
    }

    /** Whether it only asks for an answer: "tell me", "explain why". */
    private static boolean asks(List<Token> clause, Token verb) {
        if (!verb.is(Role.ASKING) && !LET.equals(verb.lower())) {
            return false;
        }
        int next = clause.indexOf(verb) + 1;
        return next == clause.size()
                ? !verb.is(Role.REPLY)
                : ASKER.contains(clause.get(next).lower()) || clause.get(next).is(Role.WH);
    }

    private static boolean adds(List<Token> whole, List<Token> part) {
        int more = whole.size() - part.size();
        if (more < 1) {
            return false;
        }
        int same = 0;
        while (same < part.size() && whole.get(same).lower().equals(part.get(same).lower())) {
            same++;
        }
        if (same == part.size()) {
            return matters(whole.subList(same, whole.size()));
        }
        int fromEnd = 0;
        while (fromEnd < part.size() && whole.get(whole.size() - 1 - fromEnd).lower()
                .equals(part.get(part.size() - 1 - fromEnd).lower())) {
            fromEnd++;
        }
        return fromEnd == part.size() && matters(whole.subList(0, more));
    }

    private static boolean matters(List<Token> added) {
        boolean matters = false;
        boolean answering = false;
        for (Token token : added) {
            matters |= token.content() || token.is(Role.NEGATION);
            answering |= token.is(Role.ANSWERING);
        }
        return matters && added.size() >= (answering ? SUSPICIOUS : ADDED);
    }
}
