package dev.sluice.verify;

/**
 * Whether the cached answer is an answer to what is asked.
 *
 * @param same no sign was found that the questions differ
 * @param reason what decided, one of a small fixed set of labels; fit for a meter and a header
 */
public record Verdict(boolean same, String reason) {

    static Verdict same(Reason reason) {
        return new Verdict(true, reason.label());
    }

    static Verdict different(Reason reason) {
        return new Verdict(false, reason.label());
    }
}
