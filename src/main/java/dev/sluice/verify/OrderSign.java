package dev.sluice.verify;

import java.util.List;
import java.util.Set;

/** The same words in other roles: numbers or names in another order, or two words that changed places. */
final class OrderSign implements Sign {
    private static final int NONE = -1;
    private static final int NEAR = 5;
    private static final Set<String> DIRECTIONS = Set.of("to", "into", "from", "than", "by", "of", "for", "in", "on",
            "over",
            "under", "before", "after", "against", "per");

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

    /**
     * Whether two words stand in each other's place, and are not only parts of a phrase that has moved as a whole ("my
     * card expires next month", "next month my card expires") or is put another way ("top up with cash", "use cash to top
     * up").
     */
    private static boolean exchanged(Pairing pairing, int i, int j) {
        int[] partners = pairing.partners();
        if (partners[i] != j || partners[j] != i) {
            return false;
        }
        for (int k = i + 1; k < j; k++) {
            if (partners[k] == NONE || partners[k] > i && partners[k] < j) {
                return true;
            }
        }
        if (j > i + 1) {
            return false;
        }
        List<String> first = between(pairing.first(), i, j);
        List<String> second = between(pairing.second(), i, j);
        return first.equals(second) || directed(first) && directed(second);
    }

    private static List<String> between(Question question, int i, int j) {
        return question.tokens().subList(question.content().get(i).place() + 1, question.content().get(j).place())
                .stream().map(Token::lower).toList();
    }

    private static boolean directed(List<String> words) {
        return words.stream().anyMatch(DIRECTIONS::contains);
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
