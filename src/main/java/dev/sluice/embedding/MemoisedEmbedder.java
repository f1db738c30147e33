package dev.sluice.embedding;

import io.smallrye.mutiny.Uni;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers the vectors of recent texts, each tenant's for itself: how fast an answer comes must not tell one tenant what
 * another has asked.
 */
public final class MemoisedEmbedder implements Embedder {
    /** With texts of a few hundred characters about 2 MB. */
    private static final int REMEMBERED = 1_000;

    private final Embedder embedder;
    private final Map<Text, float[]> recent = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Text, float[]> eldest) {
            return size() > REMEMBERED;
        }
    };

    public MemoisedEmbedder(Embedder embedder) {
        this.embedder = embedder;
    }

    private record Text(String tenant, String text) {}

    @Override
    public String id() {
        return embedder.id();
    }

    @Override
    public int dimensions() {
        return embedder.dimensions();
    }

    @Override
    public boolean ready() {
        return embedder.ready();
    }

    @Override
    public Uni<float[]> embed(String tenant, String text) {
        return remembered(tenant, text, embedder.embed(tenant, text));
    }

    @Override
    public Uni<float[]> embedLater(String tenant, String text) {
        return remembered(tenant, text, embedder.embedLater(tenant, text));
    }

    private Uni<float[]> remembered(String tenant, String text, Uni<float[]> made) {
        return Uni.createFrom().deferred(() -> {
            Text key = new Text(tenant, text);
            float[] known = recall(key);
            return known != null
                    ? Uni.createFrom().item(known)
                    : made.invoke(vector -> remember(key, vector));
        });
    }

    private float[] recall(Text text) {
        synchronized (recent) {
            return recent.get(text);
        }
    }

    private void remember(Text text, float[] vector) {
        synchronized (recent) {
            recent.put(text, vector);
        }
    }

    @Override
    public void close() {
        embedder.close();
    }
}
