package dev.sluice.verify;

import dev.sluice.verify.Token.Kind;

/** A number, in digits or in words, that the other side does not have. */
final class NumberSign implements Sign {

    @Override
    public Reason reason() {
        return Reason.NUMBER;
    }

    @Override
    public boolean seen(Pairing pairing) {
        for (Token token : pairing.unpaired()) {
            if (token.kind() == Kind.NUMBER) {
                return true;
            }
        }
        return false;
    }
}
