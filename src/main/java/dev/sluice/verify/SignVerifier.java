package dev.sluice.verify;

import java.util.List;

/** Looks for signs that the questions differ, the plainest first; where there is none, a cosine fit for the pair decides. */
final class SignVerifier implements Verifier {
    /** Words; the longer the texts, the less a difference weighs in their embeddings. */
    private static final int LONG = 80;
    /** Characters; pairing takes time by the square of the length. */
    private static final int LONGEST = 4_000;
    private static final List<Sign> SIGNS = List.of(new LiteralSign(), new NumberSign(), new NameSign(),
            new NegationSign(), new OppositeSign(), new QuestionSign(), new InstructionSign(), new TroubleSign(),
            new OrderSign());

    private final Gates english;
    private final Gates german;
    private final double other;

    /** @param other the least cosine for the same words in a language that is not known */
    SignVerifier(Gates english, Gates german, double other) {
        this.english = english;
        this.german = german;
        this.other = other;
    }

    @Override
    public Verdict judge(String cached, String asked, double cosine) {
        Question first = Question.of(cached);
        Question second = Question.of(asked);
        if (first.reads(second)) {
            return Verdict.same(Reason.IDENTICAL);
        }
        if (cosine < floor()) {
            return Verdict.different(Reason.THRESHOLD);
        }
        if (Math.max(cached.length(), asked.length()) > LONGEST) {
            return Verdict.different(Reason.LENGTH);
        }
        boolean known = first.language() != Language.OTHER && second.language() != Language.OTHER;
        if (known && first.language() != second.language()) {
            return Verdict.different(Reason.LANGUAGE);
        }
        if (first.language() == Language.OTHER && second.language() != Language.OTHER) {
            first = Question.of(cached, second.language());
        } else if (second.language() == Language.OTHER && first.language() != Language.OTHER) {
            second = Question.of(asked, first.language());
        }
        Pairing pairing = Pairing.of(first, second);
        for (Sign sign : SIGNS) {
            if (sign.seen(pairing)) {
                return Verdict.different(sign.reason());
            }
        }
        boolean sameWords = pairing.unpaired().isEmpty() && !OrderSign.reordered(pairing);
        if (!sameWords && Math.max(first.tokens().size(), second.tokens().size()) > LONG) {
            return Verdict.different(Reason.LENGTH);
        }
        boolean same = known
                ? cosine >= gates(first.language()).least(pairing)
                : sameWords && pairing.shared() > 0 && cosine >= other;
        return same ? Verdict.same(Reason.NO_SIGN) : Verdict.different(Reason.THRESHOLD);
    }

    private Gates gates(Language language) {
        return language == Language.GERMAN ? german : english;
    }

    @Override
    public double floor() {
        return Math.min(english.floor(), german.floor());
    }
}
