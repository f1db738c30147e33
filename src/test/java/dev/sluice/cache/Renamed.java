package dev.sluice.cache;

import dev.sluice.embedding.Embedder;
import io.smallrye.mutiny.Uni;

/** The same vectors as if they were of another version. */
record Renamed(Embedder embedder) implements Embedder {

    @Override
    public String id() {
        return embedder.id() + ".next";
    }

    @Override
    public int dimensions() {
        return embedder.dimensions();
    }

    @Override
    public Uni<float[]> embed(String tenant, String text) {
        return embedder.embed(tenant, text);
    }
}
