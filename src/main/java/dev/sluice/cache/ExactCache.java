package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.cache.Entries.Found;
import dev.sluice.Usage;
import dev.sluice.cache.Purges.View;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.unchecked.Unchecked;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
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
        this(entries, leases, purges, journal, vertx, settings.cache());
    }

    ExactCache(Entries entries, Leases leases, Purges purges, Journal journal, Vertx vertx, Settings.Cache settings) {
        this.entries = entries;
        this.leases = leases;
        this.purges = purges;
        this.journal = journal;
        this.vertx = vertx;
        this.codec = EntryCodec.of(settings);
        this.ttlMicros = settings.ttl().toNanos() / 1_000;
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
     * @param lease where there is none and a lease to make it was wanted or looked for: whoever has it; null otherwise
     */
    record Finding(View view, Optional<Entry> entry, Lease lease) {

        static final Finding UNKNOWN = new Finding(null, Optional.empty(), null);

        /** The same without a lease that is not this one. */
        Finding unlessOthers(Lease own) {
            return Waiting.isOthers(lease, own) ? new Finding(view, entry, null) : this;
        }
    }

    /** Never fails: where Redis does not answer nothing is found. */
    Uni<Finding> find(Identity identity, Model model, Scope scope) {
        return find(entries.get(identity).map(bytes -> new Found(bytes, null)), identity, model, scope);
    }

    /** The same; where nothing is found, tells whether somebody is asking for it. */
    Uni<Finding> see(Identity identity, Model model, Scope scope) {
        return find(entries.getOrSee(identity), identity, model, scope);
    }

    /** Wants this lease where nothing is found. The same in one trip, and fails as little. */
    Uni<Finding> findOrClaim(Lease wanted, Identity identity, Model model, Scope scope) {
        return find(entries.getOrClaim(wanted).onFailure().invoke(perhapsTaken -> leases.release(wanted)), identity,
                model, scope)
                .invoke(finding -> {
                    if (finding.view() == null) {
                        leases.release(wanted);
                    }
                });
    }

    private Uni<Finding> find(Uni<Found> lookup, Identity identity, Model model, Scope scope) {
        View known = purges.known();
        Uni<Sound> sound = lookup.flatMap(found -> decode(found, identity, scope));
        Uni<Finding> finding = known != null
                ? sound.map(found -> finding(known, found, model))
                // Both are on their way before either is waited for.
                : Uni.combine().all().unis(purges.ask(), sound).with((view, found) -> finding(view, found, model));
        return finding.onFailure().recoverWithItem(ExactCache::nothing);
    }

    /**
     * What a look-up of several came to.
     *
     * @param view as in {@link Finding}
     * @param entries one for each that was looked for, in that order; null where there is none
     */
    record Findings(View view, List<Entry> entries) {}

    /** Like {@link #find}, for several at once. */
    Uni<Findings> findEach(List<Identity> identities, Model model, Scope scope) {
        View known = purges.known();
        Uni<View> view = known != null ? Uni.createFrom().item(known) : purges.ask();
        return view.chain(current -> entries.getEach(identities).chain(found -> decodeEach(found, identities, scope))
                .map(decoded -> new Findings(current, servable(decoded, model, current))))
                .onFailure().recoverWithItem(trouble -> new Findings(nothing(trouble).view(),
                        Collections.nCopies(identities.size(), null)));
    }

    private Uni<List<Entry>> decodeEach(List<byte[]> found, List<Identity> identities, Scope scope) {
        long size = found.stream().mapToLong(bytes -> bytes == null ? 0 : bytes.length).sum();
        Callable<List<Entry>> work = () -> {
            List<Entry> decoded = new ArrayList<>(found.size());
            for (int i = 0; i < found.size(); i++) {
                byte[] bytes = found.get(i);
                decoded.add(bytes == null ? null : codec.decode(bytes, identities.get(i), scope).orElse(null));
            }
            return decoded;
        };
        return size < LARGE ? Uni.createFrom().item(Unchecked.supplier(work::call)) : elsewhere(work);
    }

    private static List<Entry> servable(List<Entry> entries, Model model, View view) {
        entries.replaceAll(entry -> entry != null && isServable(entry, model, view) ? entry : null);
        return entries;
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

    private Uni<Sound> decode(Found found, Identity identity, Scope scope) {
        byte[] bytes = found.bytes();
        if (bytes == null) {
            return Uni.createFrom().item(new Sound(Optional.empty(), found.lease()));
        }
        return bytes.length < LARGE
                ? Uni.createFrom().item(new Sound(codec.decode(bytes, identity, scope), null))
                : elsewhere(() -> new Sound(codec.decode(bytes, identity, scope), null));
    }

    /**
     * Whether the answer will be kept; it is written after it was handed on, and nobody waits for that.
     *
     * @param lease what it was asked for under, and replaces; null where there was none
     * @param written is told when it was
     */
    boolean keep(Answer answer, Model model, Identity identity, Scope scope, Subject subject, Exchange exchange,
            Finding finding, Lease lease, Consumer<Entry> written) {
        if (finding.view() == null || !entries.available() || !codec.fits(answer.body())) {
            return false;
        }
        String tenant = exchange.caller().tenant();
        Entry entry = entry(finding.view(), tenant, model, answer.receipt().usage(), subject, answer.contentType(),
                answer.body());
        vertx.getOrCreateContext().runOnContext(later -> encode(entry, identity, scope).flatMap(bytes -> {
            journal.stored(Note.stored(scope, identity, exchange, model, ttlMicros, bytes.length));
            return entries.put(identity, bytes, ttlMicros / MICROS_PER_MILLI);
        }).subscribe().with(stored -> {
            if (lease != null) {
                leases.forget(lease);
            }
            written.accept(entry);
        }, lost -> {
            LOG.debugf("An answer was not stored: %s", lost.getMessage());
            if (lease != null) {
                leases.release(lease);
            }
        }));
        return true;
    }

    private Entry entry(View view, String tenant, Model model, Usage usage, Subject subject,
            String contentType, byte[] body) {
        long now = view.now();
        return new Entry(now, now + ttlMicros, view.asOf(), tenant, model.name(), usage, subject, contentType, body);
    }

    /** One of several things that a request asked for, to be kept under an identity of its own. */
    record Part(Identity identity, Usage usage, byte[] body) {}

    /**
     * Like {@link #keep}, for several at once; those that do not fit are left out.
     *
     * @param before entries that are remembered for this request already
     */
    boolean keepEach(List<Part> parts, int before, Model model, Scope scope, Exchange exchange, View view) {
        if (view == null || !entries.available()) {
            return false;
        }
        List<Part> fitting = parts.stream().filter(part -> codec.fits(part.body())).toList();
        String tenant = exchange.caller().tenant();
        Callable<List<byte[]>> work = () -> fitting.stream()
                .map(part -> codec.encode(entry(view, tenant, model, part.usage(), Subject.NONE, "application/json",
                        part.body()), part.identity(), scope))
                .toList();
        vertx.getOrCreateContext().runOnContext(later -> elsewhere(work)
                .chain(encoded -> put(fitting, encoded, before, model, scope, exchange))
                .subscribe().with(stored -> {}, lost -> LOG.debugf("Answers were not stored: %s", lost.getMessage())));
        return !fitting.isEmpty();
    }

    private Uni<Void> put(List<Part> parts, List<byte[]> encoded, int before, Model model, Scope scope,
            Exchange exchange) {
        List<Identity> identities = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            Identity identity = parts.get(i).identity();
            identities.add(identity);
            journal.stored(Note.stored(scope, identity, exchange, model, ttlMicros, encoded.get(i).length)
                    .as(ServedRequests.part(exchange.id(), before + i)));
        }
        return entries.putEach(identities, encoded, ttlMicros / MICROS_PER_MILLI);
    }

    private Uni<byte[]> encode(Entry entry, Identity identity, Scope scope) {
        return entry.body().length < LARGE
                ? Uni.createFrom().item(codec.encode(entry, identity, scope))
                : elsewhere(() -> codec.encode(entry, identity, scope));
    }

    private <T> Uni<T> elsewhere(Callable<T> work) {
        return Uni.createFrom().completionStage(() -> vertx.executeBlocking(work, false).toCompletionStage());
    }
}
