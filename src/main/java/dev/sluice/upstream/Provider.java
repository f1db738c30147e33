package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Reply;
import io.smallrye.mutiny.Uni;

/** Who answers for models. */
interface Provider extends AutoCloseable {

    /**
     * Makes ready what the first call would otherwise wait for: some milliseconds in an executable that has just begun. May
     * take that long on the caller's thread.
     */
    default void prepare() {
    }

    /**
     * Asks for an answer of this model, as often as it takes. Nothing happens before the subscription; cancelling it ends
     * the call that is running.
     *
     * @return never fails for reasons that are not defects of ours
     */
    Uni<Reply> serve(Exchange exchange, Model model);

    ProviderState state();

    @Override
    void close();
}
