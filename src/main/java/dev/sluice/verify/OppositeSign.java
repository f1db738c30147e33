package dev.sluice.verify;

import java.util.List;

/** A word in the place of one that it excludes; before names and numbers also "from" in the place of "to". */
final class OppositeSign implements Sign {
    private static final List<List<String>> DIRECTIONS = List.of(List.of("from", "to"), List.of("von", "nach"),
            List.of("von", "an"), List.of("aus", "nach"), List.of("before", "after"), List.of("by", "to"));

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
        return functions(pairing, opposites) || directions(pairing);
    }

    private static boolean functions(Pairing pairing, Opposites opposites) {
        for (Token first : pairing.first().tokens()) {
            // "unable" is "not able": who negates more is seen elsewhere
            if (!first.is(Role.NEGATION) && !pairing.second().has(first.lower())) {
                for (Token second : pairing.second().tokens()) {
                    if (!(first.content() && second.content()) && !second.is(Role.NEGATION)
                            && opposites.listed(first.lower(), second.lower())
                            && !pairing.first().has(second.lower())) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static boolean directions(Pairing pairing) {
        int[] partners = pairing.partners();
        for (int i = 0; i < partners.length; i++) {
            if (pairing.bound(i)) {
                String a = before(pairing.first(), pairing.first().content().get(i));
                String b = before(pairing.second(), pairing.second().content().get(partners[i]));
                if (DIRECTIONS.contains(List.of(a, b)) || DIRECTIONS.contains(List.of(b, a))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String before(Question question, Token token) {
        return token.place() == 0 ? "" : question.tokens().get(token.place() - 1).lower();
    }
}
