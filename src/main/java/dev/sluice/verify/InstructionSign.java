package dev.sluice.verify;

import java.util.List;

/**
 * One side tells how to answer: a form ("as a table"), a command about commands ("ignore the above"), or several words
 * that usually belong to one ("answer", "only"). Or it is the other side with more than a word or two behind or before
 * it, or with a sentence of its own.
 */
final class InstructionSign implements Sign {
    private static final int SUSPICIOUS = 2;
    private static final int ADDED = 3;

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
                || sentence(second, first, pairing.onlySecond());
    }

    private static boolean steers(Question question, Question elsewhere) {
        int suspicious = 0;
        for (Token token : question.tokens()) {
            if ((token.is(Role.STEERING) || token.is(Role.ANSWERING)) && !elsewhere.has(token.lower())) {
                suspicious += token.is(Role.STEERING) ? SUSPICIOUS : 1;
            }
        }
        return suspicious >= SUSPICIOUS;
    }

    /** Whether one of several sentences has content, but none that the other question knows. */
    private static boolean sentence(Question question, Question elsewhere, List<Token> only) {
        int own = 0;
        int shared = 0;
        int sentences = 0;
        boolean added = false;
        for (Token token : question.tokens()) {
            if (token.first()) {
                added |= own > 0 && shared == 0;
                sentences++;
                own = 0;
                shared = 0;
            }
            if (token.content() && !only.contains(token)) {
                shared++;
            } else if (token.content() || token.is(Role.ANSWERING) && !elsewhere.has(token.lower())) {
                own++;
            }
        }
        return sentences > 1 && (added || own > 0 && shared == 0);
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
