package dev.sluice.cache;

import dev.sluice.redis.StoreUnavailable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Vector sets where the server has them and lets us use them, else the scan; asks again every {@link #INTERVAL} and when
 * vector sets cease to work, because a server may be replaced while we run.
 */
final class AutoIndex implements VectorIndex {
    static final Duration INTERVAL = Duration.ofSeconds(30);
    private static final Logger LOG = Logger.getLogger(AutoIndex.class);

    private final VectorSetIndex vectorSet;
    private final ScanIndex scan;
    private final LongSupplier nanos;
    private volatile Known known;

    AutoIndex(VectorSetIndex vectorSet, ScanIndex scan, LongSupplier nanos) {
        this.vectorSet = vectorSet;
        this.scan = scan;
        this.nanos = nanos;
    }

    private record Known(boolean vectorSets, long askedNanos) {}

    @Override
    public Uni<List<Neighbour>> nearest(String partition, float[] vector, int count) {
        return with(index -> index.nearest(partition, vector, count));
    }

    @Override
    public Uni<Void> add(String partition, String identity, float[] vector, long expiresAt) {
        return with(index -> index.add(partition, identity, vector, expiresAt));
    }

    @Override
    public Uni<Void> remove(String partition, List<String> identities) {
        return with(index -> index.remove(partition, identities));
    }

    @Override
    public Uni<Void> hit(String partition, String identity, long at) {
        return with(index -> index.hit(partition, identity, at));
    }

    private <T> Uni<T> with(Function<VectorIndex, Uni<T>> work) {
        return Uni.createFrom().deferred(() -> {
            Known now = known;
            if (now == null || nanos.getAsLong() - now.askedNanos >= INTERVAL.toNanos()) {
                return ask().chain(found -> work.apply(index(found)));
            }
            return work.apply(index(now)).onFailure(trouble -> now.vectorSets && isRefusal(trouble))
                    .recoverWithUni(() -> ask().chain(found -> work.apply(index(found))));
        });
    }

    private VectorIndex index(Known found) {
        return found.vectorSets ? vectorSet : scan;
    }

    private Uni<Known> ask() {
        return vectorSet.probe().replaceWith(true)
                .onFailure(AutoIndex::isRefusal).recoverWithItem(false)
                .map(vectorSets -> note(new Known(vectorSets, nanos.getAsLong())));
    }

    private Known note(Known found) {
        Known before = known;
        known = found;
        if (before == null || before.vectorSets != found.vectorSets) {
            LOG.infof("Similar questions are looked for %s.", found.vectorSets
                    ? "in Redis' vector sets"
                    : "by a scan of the latest " + ScanIndex.MOST_ENTRIES
                            + " of a kind, because this Redis has no vector sets that we may use");
        }
        return found;
    }

    /** Redis answered, and it was no: the command is unknown or forbidden. */
    private static boolean isRefusal(Throwable trouble) {
        return !(trouble instanceof StoreUnavailable);
    }
}
