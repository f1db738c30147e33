package dev.sluice.embedding;

import io.smallrye.mutiny.Uni;

/** Text to vector: texts of like meaning get vectors of a small angle. */
public interface Embedder extends AutoCloseable {

    /** Names the model, its version and its dimensions; vectors of two embedders with different ids never meet. */
    String id();

    int dimensions();

    /** Whether a text would be embedded now. Where something has to be loaded first, this begins it and is false. */
    default boolean ready() {
        return true;
    }

    /**
     * Begins when subscribed to, and answers on any thread. Cancelling it gives up the place in the queue.
     *
     * @param tenant who is asking: a crowd of one tenant does not hold up the others
     * @return a vector of length one; fails with {@link NotEmbedded} at once where there is no room or no honest vector
     */
    Uni<float[]> embed(String tenant, String text);

    /**
     * The same for who can wait: it is begun only while nobody waits for {@link #embed}, and may never be where that is
     * always so.
     */
    default Uni<float[]> embedLater(String tenant, String text) {
        return embed(tenant, text);
    }

    @Override
    default void close() {
        // most hold nothing
    }
}
