package dev.sluice.verify;

/** One side negates or restricts ("only"), the other does not. */
final class NegationSign implements Sign {

    @Override
    public Reason reason() {
        return Reason.NEGATION;
    }

    @Override
    public boolean seen(Pairing pairing) {
        return onOneSide(pairing, Role.NEGATION) || onOneSide(pairing, Role.RESTRICTION);
    }

    private static boolean onOneSide(Pairing pairing, Role role) {
        return pairing.first().has(role) != pairing.second().has(role);
    }
}
