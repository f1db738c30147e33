package dev.sluice.cache;

import dev.sluice.cache.Purges.View;
import dev.sluice.config.Settings;
import dev.sluice.redis.ForCache;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Running streams on their way from the replica that has them told to those where they are followed: a Redis stream for
 * each lease, beside it. Its pieces number a bounded number of bytes, and are kept for {@link #KEPT} after the last.
 */
@Singleton
final class Relay {
    private static final Script TELL = Script.named("stream-tell");

    /** For followers that read slowly. */
    static final Duration KEPT = Duration.ofMinutes(1);
    private static final int AT_ONCE = 64;
    /** Between two looks for more, ms; more where many follow, so that one replica makes about so many a second. */
    private static final long PAUSE = 10;
    private static final long LOOKS = 4_000;
    private static final long SECOND = 1_000;
    private static final String KEPT_MILLIS = Long.toString(KEPT.toMillis());

    private final SharedStore store;
    private final Leases leases;
    private final Purges purges;
    private final Vertx vertx;
    private final PieceCodec codec;
    private final int maxBytes;
    private final AtomicInteger following = new AtomicInteger();

    @Inject
    Relay(@ForCache SharedStore store, Leases leases, Purges purges, Vertx vertx, Settings settings) {
        this(store, leases, purges, vertx, settings.cache());
    }

    Relay(SharedStore store, Leases leases, Purges purges, Vertx vertx, Settings.Cache settings) {
        this.store = store;
        this.leases = leases;
        this.purges = purges;
        this.vertx = vertx;
        this.codec = new PieceCodec(Seal.of(settings));
        this.maxBytes = settings.maxEntryBytes();
    }

    /**
     * Tells the stream under this lease of ours, once somebody else follows it.
     *
     * @param identity what may be shared, in which scope
     */
    void transmit(Broadcast broadcast, Lease lease, Identity identity, Scope scope) {
        if (broadcast.head().model().isPresent()) {
            Transmission transmission = new Transmission(broadcast, lease, identity, scope, this, leases, vertx);
            leases.onceFollowed(lease, transmission::begin);
        }
    }

    /** What is told under this lease of another replica. */
    Reception receive(Lease lease, Identity identity, Scope scope) {
        return new Reception(lease, identity, scope, this, leases, vertx);
    }

    /** Microseconds of Redis' clock. No trip where it is known. */
    Uni<Long> now() {
        View known = purges.known();
        return known != null ? Uni.createFrom().item(known.now()) : purges.ask().map(View::now);
    }

    /** Pieces of one stream that are kept take no more, unless one alone does. */
    int maxBytes() {
        return maxBytes;
    }

    private static String place(Lease lease) {
        return lease.key() + ":told:" + lease.replica() + ":" + lease.number();
    }

    byte[] encode(Piece piece, Lease lease, Identity identity, Scope scope) {
        return codec.encode(piece, lease, identity, scope);
    }

    /** @param keep so many of the latest pieces, this one among them */
    Uni<Void> tell(Lease lease, long number, byte[] piece, int keep) {
        return store.run(TELL, List.of(place(lease)), List.of(number, piece, keep, KEPT_MILLIS)).replaceWithVoid();
    }

    /**
     * The pieces from this one on, some at a time; fewer where a gap follows.
     *
     * @param broken whether the next one will never come: it has been forgotten, or is none of ours
     */
    record Heard(List<Piece> pieces, boolean broken) {}

    Uni<Heard> hear(Lease lease, long from, Identity identity, Scope scope) {
        return store.call(Command.XRANGE, place(lease), from + "-0", "+", "COUNT", AT_ONCE)
                .map(found -> heard(found, lease, from, identity, scope));
    }

    private Heard heard(Response found, Lease lease, long from, Identity identity, Scope scope) {
        List<Piece> pieces = new ArrayList<>(found.size());
        for (Response item : found) {
            byte[] bytes = item.get(1).get(1).toBytes();
            long expected = from + pieces.size();
            Piece piece = codec.decode(bytes, lease, identity, scope)
                    .filter(p -> p.number() == expected && p.head().isPresent() == (expected == 1)).orElse(null);
            if (piece == null) {
                return new Heard(pieces, true);
            }
            pieces.add(piece);
        }
        return new Heard(pieces, false);
    }

    /** So many more, or less, listen on this replica. */
    void follows(int more) {
        following.addAndGet(more);
    }

    /** Between two looks of one that listens, ms. */
    long pause() {
        return Math.max(PAUSE, following.get() * SECOND / LOOKS);
    }

    /** Whether the lease is still held. */
    Uni<Boolean> stands(Lease lease) {
        byte[] value = lease.value().getBytes(StandardCharsets.UTF_8);
        return store.call(Command.GETRANGE, lease.key(), 0, value.length)
                .map(found -> Arrays.equals(found.toBytes(), value));
    }
}
