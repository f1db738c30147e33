package dev.sluice;

import dev.sluice.Reply.Refusal;

/** Ends a request before it reached the pipeline; the HTTP layer tells it in the dialect of the client. */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Refusal refusal;

    public Refused(Refusal refusal) {
        super(refusal.message(), null, false, false);
        this.refusal = refusal;
    }

    public Refusal refusal() {
        return refusal;
    }
}
