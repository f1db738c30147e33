package dev.sluice;

import io.smallrye.mutiny.Uni;

/**
 * One step on the way of a request. A stage may answer itself (a hit, a refusal), hand a richer exchange on to
 * {@code next}, and act on the reply that comes back (store, settle). It runs on the event loop and never blocks it;
 * it keeps no state of a request outside the exchange; it reports what it refuses as a {@link Reply.Refusal}, never as
 * a failure: a failed Uni is a defect of ours.
 */
@FunctionalInterface
public interface Stage {
    Uni<Reply> apply(Exchange exchange, Next next);

    /** The rest of the way. It may be called again with another exchange (a fallback re-enters here). */
    @FunctionalInterface
    interface Next {
        Uni<Reply> apply(Exchange exchange);
    }
}
