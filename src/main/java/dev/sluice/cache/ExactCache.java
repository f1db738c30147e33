package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Reply.Answer;
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
    private final Purges purges;
    private final Journal journal;
    private final Vertx vertx;
    private final EntryCodec codec;
    private final long ttlMicros;

    @Inject
    ExactCache(Entries entries, Purges purges, Journal journal, Vertx vertx, Settings settings) {
        this(entries, purges, journal, vertx, settings.cache().maxEntryBytes(), settings.cache().ttl());
    }

    ExactCache(Entries entries, Purges purges, Journal journal, Vertx vertx, int maxEntryBytes, Duration ttl) {
        this.entries = entries;
        this.purges = purges;
        this.journal = journal;
        this.vertx = vertx;
        this.codec = new EntryCodec(maxEntryBytes);
        this.ttlMicros = ttl.toNanos() / 1_000;
    }

    /**
     * What a look-up came to.
     *
     * @param view what purges were known at that time; null where Redis could not be asked, so that nothing is stored
     * @param entry sound, not expired, not purged
     */
    record Finding(View view, Optional<Entry> entry) {
        static final Finding UNKNOWN = new Finding(null, Optional.empty());
    }

    /** Never fails: where Redis does not answer nothing is found. */
    Uni<Finding> find(Identity identity, Model model) {
        View known = purges.known();
        Uni<Optional<Entry>> entry = entries.get(identity).flatMap(this::decode);
        Uni<Finding> finding = known != null
                ? entry.map(found -> finding(known, found, model))
                // Both are on their way before either is waited for.
                : Uni.combine().all().unis(purges.ask(), entry).with((view, found) -> finding(view, found, model));
        return finding.onFailure().recoverWithItem(ExactCache::nothing);
    }

    /** For who does not want to be answered from the cache, but may fill it. */
    Uni<Finding> skip() {
        View known = purges.known();
        return known != null
                ? Uni.createFrom().item(new Finding(known, Optional.empty()))
                : purges.ask().map(view -> new Finding(view, Optional.empty()))
                        .onFailure().recoverWithItem(ExactCache::nothing);
    }

    private static Finding nothing(Throwable trouble) {
        LOG.debugf("The cache could not be asked: %s", trouble.getMessage());
        return Finding.UNKNOWN;
    }

    private static Finding finding(View view, Optional<Entry> found, Model model) {
        return new Finding(view, found.filter(entry -> isServable(entry, model, view)));
    }

    private static boolean isServable(Entry entry, Model model, View view) {
        return entry.expiresAt() > view.now() && entry.model().equals(model.name()) && !view.isPurged(entry);
    }

    private Uni<Optional<Entry>> decode(byte[] bytes) {
        if (bytes == null) {
            return Uni.createFrom().item(Optional.empty());
        }
        return bytes.length < LARGE
                ? Uni.createFrom().item(codec.decode(bytes))
                : elsewhere(() -> codec.decode(bytes));
    }

    /** Whether the answer will be kept; it is written after it was handed on, and nobody waits for that. */
    boolean keep(Answer answer, Model model, Identity identity, Scope scope, Exchange exchange, Finding finding) {
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
        }).subscribe().with(stored -> {}, lost -> LOG.debugf("An answer was not stored: %s", lost.getMessage())));
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
