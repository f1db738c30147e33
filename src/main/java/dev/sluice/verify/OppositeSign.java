package dev.sluice.verify;

/** A word in the place of one that it excludes. */
final class OppositeSign implements Sign {

    @Override
    public Reason reason() {
        return Reason.OPPOSITE;
    }

    @Override
    public boolean seen(Pairing pairing) {
        Opposites opposites = Opposites.of(pairing.first().language());
        for (Token first : pairing.onlyFirst()) {
            for (Token second : pairing.onlySecond()) {
                if (opposites.exclude(first, second)) {
                    return true;
                }
            }
        }
        return false;
    }
}
