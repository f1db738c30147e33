package dev.sluice.verify;

/** One side negates, the other does not. */
final class NegationSign implements Sign {

    @Override
    public Reason reason() {
        return Reason.NEGATION;
    }

    @Override
    public boolean seen(Pairing pairing) {
        return pairing.first().has(Role.NEGATION) != pairing.second().has(Role.NEGATION);
    }
}
