package dev.sluice.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The same words in other roles: numbers or names in another order, two words that changed places, or persons that did
 * ("I send you", "you send me").
 */
final class OrderSign implements Sign {
    private static final int NONE = -1;
    private static final int NEAR = 5;
    private static final Set<String> DIRECTIONS = Set.of("to", "into", "from", "than", "by", "of", "for", "in", "on",
            "over",
            "under", "before", "after", "against", "per");
    private static final Map<String, Integer> PERSONS = Map.ofEntries(Map.entry("i", 1), Map.entry("me", 1),
            Map.entry("ich", 1), Map.entry("mich", 1), Map.entry("mir", 1), Map.entry("you", 2), Map.entry("du", 2),
            Map.entry("dich", 2), Map.entry("dir", 2), Map.entry("he", 3), Map.entry("him", 3), Map.entry("er", 3),
            Map.entry("ihn", 3), Map.entry("ihm", 3), Map.entry("she", 4), Map.entry("her", 4), Map.entry("we", 5),
            Map.entry("us", 5), Map.entry("wir", 5), Map.entry("uns", 5), Map.entry("they", 6), Map.entry("them", 6));
    /** Who acts, and to whom it is done, where the form alone tells it. */
    private static final Map<String, String> DONE_TO = Map.of("ich", "mich", "du", "dich", "er", "ihn");

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
        return personsExchanged(pairing.first(), pairing.second());
    }

    private static boolean personsExchanged(Question first, Question second) {
        for (Map.Entry<String, String> person : DONE_TO.entrySet()) {
            boolean acts = first.has(person.getKey());
            boolean bears = first.has(person.getValue());
            if (acts != bears && bears == second.has(person.getKey()) && acts == second.has(person.getValue())) {
                return true;
            }
        }
        List<Integer> a = persons(first);
        List<Integer> b = persons(second);
        return !a.equals(b) && a.stream().sorted().toList().equals(b.stream().sorted().toList());
    }

    private static List<Integer> persons(Question question) {
        List<Integer> persons = new ArrayList<>();
        for (Token token : question.tokens()) {
            Integer person = PERSONS.get(token.lower());
            if (person != null) {
                persons.add(person);
            }
        }
        return persons;
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
