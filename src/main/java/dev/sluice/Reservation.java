package dev.sluice;

import io.smallrye.mutiny.Uni;
import java.util.Optional;

/** What is held back of the caller's quotas while a provider works for it. */
public interface Reservation {

    /** Holds nothing and allows everything. */
    Reservation NONE = new Reservation() {
        @Override
        public long outputBound() {
            return 0;
        }

        @Override
        public Uni<Optional<Reply.Refusal>> beforeAttempt(Model model, boolean billedBefore) {
            return Uni.createFrom().item(Optional.empty());
        }
    };

    /** The most output tokens per choice that are covered; the upstream must be told. 0: as the client asked. */
    long outputBound();

    /**
     * To be awaited before every call to a provider: covers what this call may cost on top of what is held already.
     *
     * @param model the model about to be called; a fallback may be another one, at another provider, at another price
     * @param billedBefore whether the attempt before this one may have been billed
     * @return empty: go ahead; else what to answer instead of calling
     */
    Uni<Optional<Reply.Refusal>> beforeAttempt(Model model, boolean billedBefore);
}
