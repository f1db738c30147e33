package dev.sluice.verify;

/** Believes the embedding. */
record CosineOnly(double floor) implements Verifier {

    @Override
    public Verdict judge(String cached, String asked, double cosine) {
        return cosine >= floor ? Verdict.same(Reason.UNCHECKED) : Verdict.different(Reason.THRESHOLD);
    }
}
