package dev.sluice.verify;

/** Who tells that something fails does not ask how it is done. */
final class TroubleSign implements Sign {

    @Override
    public Reason reason() {
        return Reason.TROUBLE;
    }

    @Override
    public boolean seen(Pairing pairing) {
        return pairing.first().has(Role.TROUBLE) != pairing.second().has(Role.TROUBLE);
    }
}
