package dev.sluice.cache;

import dev.sluice.Money;
import dev.sluice.cache.ScopeIndex.Holding;
import dev.sluice.cache.ServedRequests.Place;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The cache as its operator sees it: over all replicas, as of half a second ago at the latest. Fails with
 * {@link dev.sluice.redis.StoreUnavailable} where Redis cannot be asked.
 */
@Singleton
public final class CacheAdministration {
    private final Totals totals;
    private final ScopeIndex index;
    private final ServedRequests requests;
    private final Entries entries;
    private final Purges purges;
    private final Journal journal;

    CacheAdministration(Totals totals, ScopeIndex index, ServedRequests requests, Entries entries, Purges purges,
            Journal journal) {
        this.totals = totals;
        this.index = index;
        this.requests = requests;
        this.entries = entries;
        this.purges = purges;
        this.journal = journal;
    }

    /**
     * @param hitRate 0..1: hits of any kind among the requests that looked for one
     * @param bytes what the entries take in Redis, without its own overhead
     * @param saved what the hits would have cost
     */
    public record Figures(long exactHits, long semanticHits, long coalesced, long misses, long bypassed,
            double hitRate, long evictions, long entries, long bytes, Money saved) {}

    public Uni<Figures> figures() {
        return journal.flushAll().chain(() -> holding())
                .chain(holding -> totals.flush().chain(totals::read).map(sums -> figures(sums, holding)));
    }

    private static Figures figures(Map<Tally, Long> sums, Holding holding) {
        long hits = sums.get(Tally.EXACT_HITS) + sums.get(Tally.SEMANTIC_HITS) + sums.get(Tally.COALESCED);
        long lookups = hits + sums.get(Tally.MISSES);
        return new Figures(sums.get(Tally.EXACT_HITS), sums.get(Tally.SEMANTIC_HITS), sums.get(Tally.COALESCED),
                sums.get(Tally.MISSES), sums.get(Tally.BYPASSED), lookups == 0 ? 0 : (double) hits / lookups,
                sums.get(Tally.EVICTIONS), holding.entries(), holding.bytes(), new Money(sums.get(Tally.SAVED_NANOS)));
    }

    private Uni<Holding> holding() {
        return totals.scopes().chain(scopes -> {
            Uni<Holding> sum = Uni.createFrom().item(new Holding(0, 0, List.of()));
            for (Scope scope : scopes) {
                sum = sum.chain(before -> journal.updateIndex(scope, List.of()).map(before::plus));
            }
            return sum;
        });
    }

    /**
     * Removes what was stored for a tenant, by a model, or both; everything where neither is named. When this ends,
     * nothing that was stored before it began is served by any replica; that takes {@link Purges#VALID}.
     *
     * @return how many entries were removed
     */
    public Uni<Long> purge(Optional<String> tenant, Optional<String> model) {
        String ofTenant = tenant.orElse("");
        String ofModel = model.orElse("");
        return purges.declare(ofTenant, ofModel)
                .chain(this::everyReplicaHasTold)
                .chain(totals::scopes)
                .chain(scopes -> {
                    Uni<Long> removed = Uni.createFrom().item(0L);
                    for (Scope scope : scopes) {
                        if (ofTenant.isEmpty() || scope.tenant().isEmpty() || scope.tenant().equals(ofTenant)) {
                            removed = removed.chain(before -> sweep(scope, ofTenant, ofModel, "0")
                                    .map(more -> before + more));
                        }
                    }
                    return removed;
                });
    }

    private Uni<Void> everyReplicaHasTold() {
        return journal.flushAll().onItem().delayIt().by(Purges.VALID);
    }

    private Uni<Long> sweep(Scope scope, String tenant, String model, String cursor) {
        return index.sweep(scope, tenant, model, cursor).chain(stretch -> entries.delete(stretch.identities())
                .chain(removed -> stretch.cursor().equals("0")
                        ? Uni.createFrom().item(removed)
                        : sweep(scope, tenant, model, stretch.cursor()).map(more -> removed + more)));
    }

    /**
     * Removes the entry that this request stored or was served from, if it was of that tenant and model.
     *
     * @return how many entries were removed: one, or none where no such request is remembered
     */
    public Uni<Long> purge(String requestId, Optional<String> tenant, Optional<String> model) {
        return places(requestId, tenant)
                .chain(found -> found.isEmpty()
                        ? everyReplicaHasTold().chain(() -> places(requestId, tenant))
                        : Uni.createFrom().item(found))
                .chain(found -> {
                    Uni<Long> removed = Uni.createFrom().item(0L);
                    for (Place place : found) {
                        removed = removed.chain(before -> remove(place, model.orElse("")).map(more -> before + more));
                    }
                    return removed;
                });
    }

    private Uni<List<Place>> places(String requestId, Optional<String> tenant) {
        Uni<List<String>> tenants = tenant.isPresent()
                ? Uni.createFrom().item(List.of(tenant.get()))
                : totals.tenants();
        return tenants.chain(names -> {
            Uni<List<Place>> places = Uni.createFrom().item(new ArrayList<>());
            for (String name : names) {
                places = places.call(found -> requests.find(name, requestId).invoke(p -> p.ifPresent(found::add)));
            }
            return places;
        });
    }

    private Uni<Long> remove(Place place, String model) {
        return index.forget(place.scope(), place.identity(), "", model).chain(known -> known || model.isEmpty()
                ? entries.delete(List.of(place.identity()))
                : Uni.createFrom().item(0L));
    }
}
