package dev.sluice.translation;

/** A provider's answer is not what its dialect says; the message continues "The provider `x` …". */
public final class UnreadableAnswer extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UnreadableAnswer(String predicate) {
        super(predicate, null, false, false);
    }
}
