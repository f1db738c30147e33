package dev.sluice.http;

import dev.sluice.Reply.Refusal;

/** Ends a request before it reached the pipeline; {@link ErrorEnvelope} turns it into the client's dialect. */
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
