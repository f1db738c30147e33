package dev.sluice.verify;

/**
 * A name that the other side does not have: a known one, in English a capital letter within a sentence, in German, which
 * writes every noun so, a word all of capitals.
 */
final class NameSign implements Sign {

    @Override
    public Reason reason() {
        return Reason.NAME;
    }

    @Override
    public boolean seen(Pairing pairing) {
        boolean capitals = pairing.first().language() != Language.GERMAN;
        for (Token token : pairing.unpaired()) {
            if (token.name() != null || token.capital() && (capitals || token.allCaps())) {
                return true;
            }
        }
        return false;
    }
}
