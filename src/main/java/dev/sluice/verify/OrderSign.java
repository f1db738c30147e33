package dev.sluice.verify;

/** The same words in other roles: numbers or names in another order, or two words that changed places. */
final class OrderSign implements Sign {
    private static final int NONE = -1;
    private static final int NEAR = 5;

    @Override
    public Reason reason() {
        return Reason.ORDER;
    }

    @Override
    public boolean seen(Pairing pairing) {
        int[] partners = pairing.partners();
        for (int i = 0; i < partners.length; i++) {
            for (int j = i + 1; j < partners.length; j++) {
                if (partners[i] != NONE && partners[j] != NONE && partners[i] > partners[j]
                        && (pairing.bound(i) && pairing.bound(j) || exchanged(pairing, i, j))
                        && !coordinated(pairing, i, j)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether words have moved at all, but for those that "and" joins. */
    static boolean reordered(Pairing pairing) {
        int[] partners = pairing.partners();
        for (int i = 0; i < partners.length; i++) {
            for (int j = i + 1; j < partners.length; j++) {
                if (partners[i] != NONE && partners[j] != NONE && partners[i] > partners[j]
                        && !coordinated(pairing, i, j)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean exchanged(Pairing pairing, int i, int j) {
        return pairing.partners()[i] == j && pairing.partners()[j] == i;
    }

    /** "Java and Python" is "Python and Java". */
    private static boolean coordinated(Pairing pairing, int i, int j) {
        return joined(pairing.first(), i, j) && joined(pairing.second(), pairing.partners()[j], pairing.partners()[i]);
    }

    private static boolean joined(Question question, int i, int j) {
        int from = question.content().get(i).place();
        int to = question.content().get(j).place();
        if (to - from > NEAR) {
            return false;
        }
        for (int place = from + 1; place < to; place++) {
            if (question.tokens().get(place).is(Role.CONJUNCTION)) {
                return true;
            }
        }
        return false;
    }
}
