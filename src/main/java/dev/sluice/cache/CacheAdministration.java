package dev.sluice.cache;

import dev.sluice.Caller;
import dev.sluice.Money;
import dev.sluice.cache.ScopeIndex.Holding;
import dev.sluice.cache.ServedRequests.Place;
import dev.sluice.redis.StoreUnavailable;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The cache as its operator sees it: over all replicas, as of half a second ago at the latest. Fails with
 * {@link dev.sluice.redis.StoreUnavailable} where Redis cannot be asked.
 */
@Singleton
public final class CacheAdministration {
    private static final Duration PAUSE = Duration.ofMillis(200);

    private static final int AT_ONCE = 16;

    private final Totals totals;
    private final ScopeIndex index;
    private final ServedRequests requests;
    private final Entries entries;
    private final Purges purges;
    private final Journal journal;
    private final WrongPairs wrongPairs;

    CacheAdministration(Totals totals, ScopeIndex index, ServedRequests requests, Entries entries, Purges purges,
            Journal journal, WrongPairs wrongPairs) {
        this.totals = totals;
        this.index = index;
        this.requests = requests;
        this.entries = entries;
        this.purges = purges;
        this.journal = journal;
        this.wrongPairs = wrongPairs;
    }

    /**
     * @param hitRate 0..1: hits of any kind among the requests that looked for one
     * @param bytes what the entries take in Redis, without its own overhead
     * @param saved what the hits would have cost
     */
    public record Figures(long exactHits, long semanticHits, long coalesced, long misses, long bypassed,
            double hitRate, long evictions, long entries, long bytes, Money saved) {}

    public Uni<Figures> figures() {
        return patiently(journal.flushAll().chain(this::holding)
                .chain(holding -> totals.flush().chain(totals::read).map(sums -> figures(sums, holding))));
    }

    /** Many trips to Redis, of which one may be late; an operator would try again by hand. */
    private static <T> Uni<T> patiently(Uni<T> work) {
        return work.onFailure(StoreUnavailable.class).retry().withBackOff(PAUSE).atMost(2);
    }

    private static Figures figures(Map<Tally, Long> sums, Holding holding) {
        long hits = sums.get(Tally.EXACT_HITS) + sums.get(Tally.SEMANTIC_HITS) + sums.get(Tally.COALESCED);
        long lookups = hits + sums.get(Tally.MISSES);
        return new Figures(sums.get(Tally.EXACT_HITS), sums.get(Tally.SEMANTIC_HITS), sums.get(Tally.COALESCED),
                sums.get(Tally.MISSES), sums.get(Tally.BYPASSED), lookups == 0 ? 0 : (double) hits / lookups,
                sums.get(Tally.EVICTIONS), holding.entries(), holding.bytes(), new Money(sums.get(Tally.SAVED_NANOS)));
    }

    private Uni<Holding> holding() {
        return totals.scopes().chain(scopes -> each(scopes, scope -> journal.updateIndex(scope, List.of())))
                .map(holdings -> new Holding(holdings.stream().mapToLong(Holding::entries).sum(),
                        holdings.stream().mapToLong(Holding::bytes).sum(), List.of()));
    }

    /** A few at a time: there may be thousands of them. */
    private static <S, T> Uni<List<T>> each(List<S> all, Function<S, Uni<? extends T>> work) {
        return Multi.createFrom().iterable(all).onItem().transformToUni(work).<T>merge(AT_ONCE).collect().asList();
    }

    private static long sum(List<Long> counts) {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Removes what was stored for a tenant, by a model, or both; everything where neither is named. When this ends,
     * nothing that was stored before it began is served by any replica; that takes {@link Purges#VALID}.
     *
     * @return how many entries were removed; after a fault on the way possibly fewer than there were
     */
    public Uni<Long> purge(Optional<String> tenant, Optional<String> model) {
        String ofTenant = tenant.orElse("");
        String ofModel = model.orElse("");
        return patiently(purges.declare(ofTenant, ofModel)
                .chain(this::everyReplicaHasTold)
                .chain(totals::scopes)
                .chain(scopes -> sweep(scopes, ofTenant, ofModel)));
    }

    private Uni<Void> everyReplicaHasTold() {
        return journal.flushAll().onItem().delayIt().by(Purges.VALID);
    }

    private Uni<Long> sweep(List<Scope> scopes, String tenant, String model) {
        List<Scope> concerned = scopes.stream()
                .filter(scope -> tenant.isEmpty() || scope.tenant().isEmpty() || scope.tenant().equals(tenant))
                .toList();
        return each(concerned, scope -> sweep(scope, tenant, model, "0")).map(CacheAdministration::sum);
    }

    private Uni<Long> sweep(Scope scope, String tenant, String model, String cursor) {
        return index.sweep(scope, tenant, model, cursor).chain(stretch -> entries.delete(stretch.identities())
                .chain(removed -> stretch.cursor().equals("0")
                        ? Uni.createFrom().item(removed)
                        : sweep(scope, tenant, model, stretch.cursor()).map(more -> removed + more)));
    }

    /**
     * Removes what this request stored or was served from, if it was of that tenant and model.
     *
     * @return how many entries were removed: one, for embeddings one for each input, or none where no such request is
     *         remembered
     */
    public Uni<Long> purge(String requestId, Optional<String> tenant, Optional<String> model) {
        return patiently(places(requestId, tenant)
                .chain(found -> found.isEmpty()
                        ? everyReplicaHasTold().chain(() -> places(requestId, tenant))
                        : Uni.createFrom().item(found))
                .chain(found -> remove(found, model.orElse(""))));
    }

    private Uni<List<Place>> places(String requestId, Optional<String> tenant) {
        Uni<List<String>> tenants = tenant.isPresent()
                ? Uni.createFrom().item(List.of(tenant.get()))
                : totals.tenants();
        return tenants.chain(names -> each(names, name -> requests.findAll(name, requestId)))
                .map(found -> found.stream().flatMap(List::stream).toList());
    }

    /**
     * Removes the entry that a request of this key was served from, because it was the wrong answer; where the question was
     * in other words, these two do not answer each other any more.
     *
     * @return whether there was such a request
     */
    public Uni<Boolean> removeServed(String requestId, Caller caller) {
        return patiently(journal.flushAll().chain(() -> requests.findAll(caller.tenant(), requestId))
                .chain(found -> !found.isEmpty()
                        ? Uni.createFrom().item(found)
                        // Another replica may have served it, and not have told yet.
                        : everyReplicaHasTold().chain(() -> requests.findAll(caller.tenant(), requestId)))
                .map(found -> found.stream().filter(place -> place.hitBy().equals(caller.key())).toList())
                .chain(hits -> each(hits, this::part).chain(() -> remove(hits, ""))
                        .replaceWith(!hits.isEmpty())));
    }

    private Uni<Void> part(Place hit) {
        return hit.asked().isEmpty() || hit.asked().equals(hit.identity())
                ? Uni.createFrom().voidItem()
                : wrongPairs.remember(hit.asked(), hit.identity());
    }

    private Uni<Long> remove(List<Place> places, String model) {
        return each(places, place -> remove(place, model)).map(CacheAdministration::sum);
    }

    private Uni<Long> remove(Place place, String model) {
        return index.forget(place.scope(), place.identity(), "", model).chain(known -> known || model.isEmpty()
                ? entries.delete(List.of(place.identity()))
                : Uni.createFrom().item(0L));
    }
}
