package dev.sluice.cache;

import static dev.sluice.redis.VectorCommands.VADD;
import static dev.sluice.redis.VectorCommands.VREM;
import static dev.sluice.redis.VectorCommands.VSIM;

import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Response;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Redis 8's vector sets (HNSW: Malkov and Yashunin 2018), searched by Redis on threads of its own, which is why no script
 * may do it. Its score is (1 + cosine) / 2.
 */
final class VectorSetIndex implements VectorIndex {
    /** How many neighbours a search looks at; at 10,000 entries it finds the nearest in more than 99 of 100 cases. */
    private static final int EFFORT = 200;

    private final SharedStore store;
    private final PartitionBooks books;

    /** @param store over connections that nobody in a hurry uses */
    VectorSetIndex(SharedStore store, int maxEntries) {
        this.store = store;
        this.books = new PartitionBooks(store, "vectorset", maxEntries);
    }

    @Override
    public Uni<List<Neighbour>> nearest(String partition, float[] vector, int count) {
        return store.call(VSIM, books.vectors(partition), "FP32", bytes(vector), "WITHSCORES", "COUNT", count, "EF",
                EFFORT).map(VectorSetIndex::neighbours);
    }

    private static List<Neighbour> neighbours(Response answer) {
        List<Neighbour> neighbours = new ArrayList<>(answer.size());
        for (String identity : answer.getKeys()) {
            neighbours.add(new Neighbour(identity, 2 * answer.get(identity).toDouble() - 1));
        }
        neighbours.sort(ScanIndex.NEAREST_FIRST);
        return neighbours;
    }

    /** Asks for something that cannot be there; fails where there are no vector sets. */
    Uni<Void> probe() {
        return store.call(VSIM, books.vectors("probe"), "VALUES", 1, 1).replaceWithVoid();
    }

    @Override
    public Uni<Void> add(String partition, String identity, float[] vector, long expiresAt) {
        return store.call(VADD, books.vectors(partition), "FP32", bytes(vector), identity, "CAS", "Q8")
                .chain(() -> books.added(partition, identity, expiresAt))
                .chain(gone -> removeVectors(partition, gone));
    }

    @Override
    public Uni<Void> remove(String partition, List<String> identities) {
        return books.removed(partition, identities).chain(() -> removeVectors(partition, identities));
    }

    private Uni<Void> removeVectors(String partition, List<String> identities) {
        if (identities.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        List<Uni<Response>> removals = new ArrayList<>(identities.size());
        identities.forEach(identity -> removals.add(store.call(VREM, books.vectors(partition), identity)));
        return Uni.join().all(removals).andFailFast().replaceWithVoid();
    }

    @Override
    public Uni<Void> hit(String partition, String identity, long at) {
        return books.hit(partition, identity, at);
    }

    private static byte[] bytes(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return bytes.array();
    }
}
