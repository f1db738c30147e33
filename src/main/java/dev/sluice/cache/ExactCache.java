package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.cache.Entries.Found;
import dev.sluice.cache.Purges.View;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jboss.logging.Logger;

/** Answers to the very same request: found by its identity, kept under it. */
@Singleton
final class ExactCache {
    /** Deflating more than this would hold up the event loop for a millisecond. */
    private static final int LARGE = 64 * 1024;
    private static final Logger LOG = Logger.getLogger(ExactCache.class);
    private static final long MICROS_PER_MILLI = 1_000;

    private final Entries entries;
    private final Leases leases;
    private final Purges purges;
    private final Journal journal;
    private final Vertx vertx;
    private final EntryCodec codec;
    private final long ttlMicros;
    private final Recall recall;

    @Inject
    ExactCache(Entries entries, Leases leases, Purges purges, Journal journal, Vertx vertx, Settings settings) {
        this(entries, leases, purges, journal, vertx, settings.cache().maxEntryBytes(), settings.cache().ttl());
    }

    ExactCache(Entries entries, Leases leases, Purges purges, Journal journal, Vertx vertx, int maxEntryBytes,
            Duration ttl) {
        this.entries = entries;
        this.leases = leases;
        this.purges = purges;
        this.journal = journal;
        this.vertx = vertx;
        this.codec = new EntryCodec(maxEntryBytes);
        this.ttlMicros = ttl.toNanos() / 1_000;
        this.recall = new Recall(vertx);
    }

    /** What is longer is not kept. */
    int maxBytes() {
        return codec.maxBodyBytes();
    }

    /** What was stored, as this request wants it. */
    Reply recall(Entry entry, Exchange exchange, Receipt receipt) {
        return recall.reply(entry, exchange, receipt);
    }

    /**
     * What a look-up came to.
     *
     * @param view what purges were known at that time; null where Redis could not be asked, so that nothing is stored
     * @param entry sound, not expired, not purged
     * @param lease where there is none and a lease to make it was wanted: whoever has it; null otherwise
     */
    record Finding(View view, Optional<Entry> entry, Lease lease) {

        static final Finding UNKNOWN = new Finding(null, Optional.empty(), null);

        /** The same without a lease that is not this one. */
        Finding unlessOthers(Lease own) {
            return Waiting.isOthers(lease, own) ? new Finding(view, entry, null) : this;
        }
    }

    /** Never fails: where Redis does not answer nothing is found. */
    Uni<Finding> find(Identity identity, Model model) {
        return find(entries.get(identity).map(bytes -> new Found(bytes, null)), model);
    }

    /** Wants this lease where nothing is found. The same in one trip, and fails as little. */
    Uni<Finding> findOrClaim(Lease wanted, Model model) {
        return find(entries.getOrClaim(wanted).onFailure().invoke(perhapsTaken -> leases.release(wanted)), model)
                .invoke(finding -> {
                    if (finding.view() == null) {
                        leases.release(wanted);
                    }
                });
    }

    private Uni<Finding> find(Uni<Found> lookup, Model model) {
        View known = purges.known();
        Uni<Sound> sound = lookup.flatMap(this::decode);
        Uni<Finding> finding = known != null
                ? sound.map(found -> finding(known, found, model))
                // Both are on their way before either is waited for.
                : Uni.combine().all().unis(purges.ask(), sound).with((view, found) -> finding(view, found, model));
        return finding.onFailure().recoverWithItem(ExactCache::nothing);
    }

    /** For who does not want to be answered from the cache, but may fill it. */
    Uni<Finding> skip() {
        View known = purges.known();
        return known != null
                ? Uni.createFrom().item(new Finding(known, Optional.empty(), null))
                : purges.ask().map(view -> new Finding(view, Optional.empty(), null))
                        .onFailure().recoverWithItem(ExactCache::nothing);
    }

    private static Finding nothing(Throwable trouble) {
        LOG.debugf("The cache could not be asked: %s", trouble.getMessage());
        return Finding.UNKNOWN;
    }

    private static Finding finding(View view, Sound found, Model model) {
        Optional<Entry> entry = found.entry().filter(e -> isServable(e, model, view));
        return new Finding(view, entry, found.lease());
    }

    private static boolean isServable(Entry entry, Model model, View view) {
        return entry.expiresAt() > view.now() && entry.model().equals(model.name()) && !view.isPurged(entry);
    }

    /** What was found, read. */
    private record Sound(Optional<Entry> entry, Lease lease) {}

    private Uni<Sound> decode(Found found) {
        byte[] bytes = found.bytes();
        if (bytes == null) {
            return Uni.createFrom().item(new Sound(Optional.empty(), found.lease()));
        }
        return bytes.length < LARGE
                ? Uni.createFrom().item(new Sound(codec.decode(bytes), null))
                : elsewhere(() -> new Sound(codec.decode(bytes), null));
    }

    /**
     * Whether the answer will be kept; it is written after it was handed on, and nobody waits for that.
     *
     * @param lease what it was asked for under, and replaces; null where there was none
     */
    boolean keep(Answer answer, Model model, Identity identity, Scope scope, Exchange exchange, Finding finding,
            Lease lease) {
        if (finding.view() == null || !entries.available() || !codec.fits(answer.body())) {
            return false;
        }
        long now = finding.view().now();
        String tenant = exchange.caller().tenant();
        Entry entry = new Entry(now, now + ttlMicros, finding.view().asOf(), tenant, model.name(),
                answer.receipt().usage(), answer.contentType(), answer.body());
        vertx.getOrCreateContext().runOnContext(later -> encode(entry).flatMap(bytes -> {
            journal.stored(Note.stored(scope, identity, exchange.id(), tenant, model.name(), ttlMicros, bytes.length));
            return entries.put(identity, bytes, ttlMicros / MICROS_PER_MILLI);
        }).subscribe().with(stored -> {
            if (lease != null) {
                leases.forget(lease);
            }
        }, lost -> {
            LOG.debugf("An answer was not stored: %s", lost.getMessage());
            if (lease != null) {
                leases.release(lease);
            }
        }));
        return true;
    }

    private Uni<byte[]> encode(Entry entry) {
        return entry.body().length < LARGE
                ? Uni.createFrom().item(codec.encode(entry))
                : elsewhere(() -> codec.encode(entry));
    }

    private <T> Uni<T> elsewhere(Callable<T> work) {
        return Uni.createFrom().completionStage(() -> vertx.executeBlocking(work, false).toCompletionStage());
    }
}
