package dev.sluice.verify;

import dev.sluice.verify.Token.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which content words of two questions stand for each other.
 *
 * @param partners for each content word of the first question its partner's place in the second, or -1
 * @param onlyFirst what has no partner there
 * @param onlySecond and here
 */
record Pairing(Question first, Question second, int[] partners, List<Token> onlyFirst, List<Token> onlySecond) {

    private static final int NONE = -1;
    /** Shorter words differ in a letter more often because they are others than because they are misspelt. */
    private static final int MISSPELT = 6;

    /** How close two words have to be to become partners, the closest first. */
    private interface Kinship {
        boolean holds(Token a, Token b);
    }

    static Pairing of(Question first, Question second) {
        Synonyms synonyms = Synonyms.of(first.language());
        List<Kinship> kinships = List.of(Pairing::equal, Pairing::sameStem,
                (one, other) -> words(one, other) && synonyms.alike(one, other), Pairing::misspelt);
        List<Token> a = first.content();
        List<Token> b = second.content();
        int[] partners = new int[a.size()];
        Arrays.fill(partners, NONE);
        boolean[] taken = new boolean[b.size()];
        for (Kinship kinship : kinships) {
            match(a, b, partners, taken, kinship);
        }
        join(a, b, partners, taken);
        return new Pairing(first, second, partners, left(a, partners), left(b, taken));
    }

    private static void match(List<Token> a, List<Token> b, int[] partners, boolean[] taken, Kinship kinship) {
        for (int i = 0; i < partners.length; i++) {
            for (int j = 0; partners[i] == NONE && j < taken.length; j++) {
                if (!taken[j] && kinship.holds(a.get(i), b.get(j))) {
                    partners[i] = j;
                    taken[j] = true;
                }
            }
        }
    }

    private static boolean equal(Token a, Token b) {
        return a.kind() == b.kind() && a.lower().equals(b.lower())
                || a.name() != null && a.name().equals(b.name());
    }

    private static boolean words(Token a, Token b) {
        return a.kind() == Kind.WORD && b.kind() == Kind.WORD && a.name() == null && b.name() == null;
    }

    private static boolean sameStem(Token a, Token b) {
        return words(a, b) && a.stem().equals(b.stem());
    }

    /** One letter more, less, other, or two that changed places; names are spelt as they are. */
    private static boolean misspelt(Token a, Token b) {
        if (!words(a, b) || a.capital() && b.capital()) {
            return false;
        }
        String x = a.lower().length() <= b.lower().length() ? a.lower() : b.lower();
        String y = x == a.lower() ? b.lower() : a.lower();
        if (x.length() < MISSPELT || y.length() - x.length() > 1 || x.charAt(0) != y.charAt(0)) {
            return false;
        }
        int i = 0;
        while (i < x.length() && x.charAt(i) == y.charAt(i)) {
            i++;
        }
        String restX = x.substring(i);
        String restY = y.substring(i);
        if (x.length() < y.length()) {
            return restX.equals(restY.substring(1));
        }
        return restX.length() < 2 || restX.substring(1).equals(restY.substring(1))
                || restX.charAt(0) == restY.charAt(1) && restX.charAt(1) == restY.charAt(0)
                        && restX.substring(2).equals(restY.substring(2));
    }

    /** "Top up" and "topup". */
    private static void join(List<Token> a, List<Token> b, int[] partners, boolean[] taken) {
        for (int i = 0; i < partners.length; i++) {
            for (int j = 0; j + 1 < taken.length; j++) {
                if (partners[i] == NONE && !taken[j] && !taken[j + 1] && joined(a.get(i), b.get(j), b.get(j + 1))) {
                    partners[i] = j;
                    taken[j] = true;
                    taken[j + 1] = true;
                }
            }
        }
        for (int j = 0; j < taken.length; j++) {
            for (int i = 0; i + 1 < partners.length; i++) {
                if (!taken[j] && partners[i] == NONE && partners[i + 1] == NONE
                        && joined(b.get(j), a.get(i), a.get(i + 1))) {
                    partners[i] = j;
                    partners[i + 1] = j;
                    taken[j] = true;
                }
            }
        }
    }

    private static boolean joined(Token whole, Token part, Token rest) {
        return whole.lower().length() == part.lower().length() + rest.lower().length()
                && whole.lower().startsWith(part.lower()) && whole.lower().endsWith(rest.lower());
    }

    private static List<Token> left(List<Token> tokens, int[] partners) {
        List<Token> left = new ArrayList<>();
        for (int i = 0; i < partners.length; i++) {
            if (partners[i] == NONE) {
                left.add(tokens.get(i));
            }
        }
        return left;
    }

    private static List<Token> left(List<Token> tokens, boolean[] taken) {
        List<Token> left = new ArrayList<>();
        for (int i = 0; i < taken.length; i++) {
            if (!taken[i]) {
                left.add(tokens.get(i));
            }
        }
        return left;
    }

    /** Whether the content word of this place has a partner, and one of the two cannot be said in other words. */
    boolean bound(int place) {
        return partners[place] != NONE
                && (first.content().get(place).bound() || second.content().get(partners[place]).bound());
    }

    /** Content words that have a partner. */
    int shared() {
        int shared = 0;
        for (int partner : partners) {
            shared += partner == NONE ? 0 : 1;
        }
        return shared;
    }

    /** The most content words that either question has of its own. */
    int replaced() {
        return Math.max(onlyFirst.size(), onlySecond.size());
    }

    /** Whether only one of the questions has content words of its own. */
    boolean oneSided() {
        return onlyFirst.isEmpty() || onlySecond.isEmpty();
    }

    /** What has no partner, of both. */
    List<Token> unpaired() {
        List<Token> unpaired = new ArrayList<>(onlyFirst);
        unpaired.addAll(onlySecond);
        return unpaired;
    }
}
