package dev.sluice.verify;

import dev.sluice.verify.Token.Kind;

/** Code, addresses and symbols that are not on both sides; quoted words that the other side does not have, in or out of quotes. */
final class LiteralSign implements Sign {

    @Override
    public Reason reason() {
        return Reason.LITERAL;
    }

    @Override
    public boolean seen(Pairing pairing) {
        for (Token token : pairing.unpaired()) {
            if (token.kind() == Kind.CODE) {
                return true;
            }
        }
        return missing(pairing.first(), pairing.second()) || missing(pairing.second(), pairing.first());
    }

    private static boolean missing(Question question, Question elsewhere) {
        for (Token token : question.tokens()) {
            if (token.quoted() && !elsewhere.has(token.lower())) {
                return true;
            }
        }
        return false;
    }
}
