package dev.sluice.verify;

import java.util.List;

/**
 * One side tells how to answer: a form ("as a table"), a command about commands ("ignore the above"), or several words
 * that usually belong to one ("answer", "only"). Or it is the other side with more than a word or two behind or before
 * it.
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
        List<Token> first = pairing.first().tokens();
        List<Token> second = pairing.second().tokens();
        return steers(first, second) || steers(second, first) || adds(first, second) || adds(second, first);
    }

    private static boolean steers(List<Token> tokens, List<Token> elsewhere) {
        int suspicious = 0;
        for (Token token : tokens) {
            if ((token.is(Role.STEERING) || token.is(Role.ANSWERING)) && !has(elsewhere, token.lower())) {
                suspicious += token.is(Role.STEERING) ? SUSPICIOUS : 1;
            }
        }
        return suspicious >= SUSPICIOUS;
    }

    private static boolean has(List<Token> tokens, String lower) {
        for (Token token : tokens) {
            if (token.lower().equals(lower)) {
                return true;
            }
        }
        return false;
    }

    private static boolean adds(List<Token> whole, List<Token> part) {
        int more = whole.size() - part.size();
        if (more < ADDED) {
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
        for (Token token : added) {
            if (token.content() || token.is(Role.NEGATION)) {
                return true;
            }
        }
        return false;
    }
}
