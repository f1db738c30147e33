package dev.sluice.cache;

import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * For any Redis: a partition's vectors in one hash, all of them fetched and compared here. So there may be few:
 * {@value #MOST_ENTRIES} of 384 dimensions are 220 KB a look-up.
 */
final class ScanIndex implements VectorIndex {
    static final int MOST_ENTRIES = 512;
    static final Comparator<Neighbour> NEAREST_FIRST = Comparator.comparingDouble(Neighbour::cosine).reversed();

    private final SharedStore store;
    private final PartitionBooks books;

    /** @param store over connections that nobody in a hurry uses */
    ScanIndex(SharedStore store, int maxEntries) {
        this.store = store;
        this.books = new PartitionBooks(store, "scan", Math.min(maxEntries, MOST_ENTRIES));
    }

    @Override
    public Uni<List<Neighbour>> nearest(String partition, float[] vector, int count) {
        return store.call(Command.HVALS, books.vectors(partition)).map(answer -> {
            List<Neighbour> neighbours = new ArrayList<>(answer.size());
            for (Response value : answer) {
                SmallVector stored = SmallVector.read(value.toBytes());
                if (stored != null && stored.dimensions() == vector.length) {
                    neighbours.add(new Neighbour(stored.identity(), stored.cosine(vector)));
                }
            }
            neighbours.sort(NEAREST_FIRST);
            return List.copyOf(neighbours.subList(0, Math.min(count, neighbours.size())));
        });
    }

    @Override
    public Uni<Void> add(String partition, String identity, float[] vector, long expiresAt) {
        return store.call(Command.HSET, books.vectors(partition), identity, SmallVector.write(identity, vector))
                .chain(() -> books.added(partition, identity, expiresAt))
                .chain(gone -> removeVectors(partition, gone));
    }

    @Override
    public Uni<Void> remove(String partition, List<String> identities) {
        return books.removed(partition, identities).chain(() -> removeVectors(partition, identities));
    }

    private Uni<Void> removeVectors(String partition, List<String> identities) {
        return identities.isEmpty()
                ? Uni.createFrom().voidItem()
                : store.call(Command.HDEL, PartitionBooks.arguments(books.vectors(partition), identities))
                        .replaceWithVoid();
    }

    @Override
    public Uni<Void> hit(String partition, String identity, long at) {
        return books.hit(partition, identity, at);
    }
}
