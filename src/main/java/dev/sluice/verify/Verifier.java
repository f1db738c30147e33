package dev.sluice.verify;

/**
 * Tells the same question from a similar one. An embedding cannot: for it "Vorteile" and "Nachteile" are closer to each
 * other than two honest paraphrases. Pure, without I/O, safe for use by many threads, at most a millisecond.
 */
public interface Verifier {

    /**
     * @param cached the question whose answer is stored
     * @param asked the question of now
     * @param cosine of their embeddings, -1..1
     */
    Verdict judge(String cached, String asked, double cosine);

    /** No candidate of a lower cosine is ever judged the same unless it is the same text but for case and marks. */
    double floor();
}
