package dev.sluice.verify;

import dev.sluice.verify.Token.Kind;
import java.util.List;

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
        return missing(pairing.first().tokens(), pairing.second().tokens())
                || missing(pairing.second().tokens(), pairing.first().tokens());
    }

    private static boolean missing(List<Token> tokens, List<Token> elsewhere) {
        for (Token token : tokens) {
            if (token.quoted() && !has(elsewhere, token.lower())) {
                return true;
            }
        }
        return false;
    }

    private static boolean has(List<Token> tokens, String lower) {
        for (Token token : tokens) {
            if (token.lower().equals(lower)) {
                return true;
            }
        }
        return false;
    }
}
