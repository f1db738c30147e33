package dev.sluice.cache;

import dev.sluice.config.Settings;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * What is counted over all replicas, and which scopes and tenants there are. Counts of this replica are kept until Redis
 * has confirmed them, and are added there exactly once: a write without an answer is repeated under the same number.
 * They are in the Redis that holds the accounts: the cache's own, where it has one, may forget what it likes.
 */
@Singleton
final class Totals {
    private static final Script TOTALS = Script.named("cache_totals");
    private static final Duration LONGEST_REQUEST_MEMORY = Duration.ofHours(3);

    private final SharedStore store;
    private final List<String> keys;
    private final String remembered;
    private final Map<Tally, LongAdder> counts = new EnumMap<>(Tally.class);
    private Set<String> scopes = new LinkedHashSet<>();
    private Set<String> tenants = new LinkedHashSet<>();
    private List<String> unconfirmed;
    private long sequence;

    @Inject
    Totals(SharedStore store, Settings settings) {
        this(store, settings.cache().ttl());
    }

    Totals(SharedStore store, Duration ttl) {
        this.store = store;
        String replica = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        this.keys = List.of(key("totals"), key("sequence:" + replica), key("scopes"), key("tenants"));
        this.remembered = Long.toString(ttl.plus(LONGEST_REQUEST_MEMORY).toNanos() / 1_000);
        for (Tally tally : Tally.values()) {
            counts.put(tally, new LongAdder());
        }
    }

    private String key(String part) {
        return CacheKeys.global(store.keys(), part);
    }

    void add(Tally tally, long amount) {
        counts.get(tally).add(amount);
    }

    synchronized void add(Set<Scope> seenScopes, Set<String> seenTenants) {
        seenScopes.forEach(scope -> scopes.add(scope.toString()));
        tenants.addAll(seenTenants);
    }

    /** Whether there is something that Redis has not confirmed. */
    synchronized boolean pending() {
        return unconfirmed != null || !scopes.isEmpty() || !tenants.isEmpty()
                || counts.values().stream().anyMatch(count -> count.sum() != 0);
    }

    /** Sends what is pending, at most one lot at a time: what could not be confirmed goes again before anything new. */
    Uni<Void> flush() {
        return Uni.createFrom().deferred(() -> {
            List<String> lot = lot();
            return lot == null
                    ? Uni.createFrom().voidItem()
                    : store.run(TOTALS, keys, lot).invoke(() -> confirm(lot)).replaceWithVoid();
        });
    }

    private synchronized List<String> lot() {
        if (unconfirmed == null && pending()) {
            unconfirmed = new ArrayList<>();
            unconfirmed.add(Long.toString(++sequence));
            unconfirmed.add(remembered);
            unconfirmed.add("");
            int counters = 0;
            for (Tally tally : Tally.values()) {
                long count = counts.get(tally).sumThenReset();
                if (count != 0) {
                    counters++;
                    unconfirmed.add(tally.field());
                    unconfirmed.add(Long.toString(count));
                }
            }
            unconfirmed.set(2, Integer.toString(counters));
            unconfirmed.add(Integer.toString(scopes.size()));
            unconfirmed.addAll(scopes);
            unconfirmed.addAll(tenants);
            scopes = new LinkedHashSet<>();
            tenants = new LinkedHashSet<>();
        }
        return unconfirmed;
    }

    private synchronized void confirm(List<String> lot) {
        if (unconfirmed == lot) {
            unconfirmed = null;
        }
    }

    /** The sums of all replicas. */
    Uni<Map<Tally, Long>> read() {
        return store.call(Command.HGETALL, keys.get(0)).map(answer -> {
            Map<Tally, Long> sums = new EnumMap<>(Tally.class);
            for (Tally tally : Tally.values()) {
                Response sum = answer.get(tally.field());
                sums.put(tally, sum == null ? 0 : sum.toLong());
            }
            return sums;
        });
    }

    /** All scopes that may have entries. */
    Uni<List<Scope>> scopes() {
        return members(keys.get(2)).map(names -> names.stream().map(Scope::parse).toList());
    }

    /** All tenants whose requests may be remembered. */
    Uni<List<String>> tenants() {
        return members(keys.get(3));
    }

    private Uni<List<String>> members(String key) {
        return store.call(Command.ZRANGE, key, 0, -1).map(answer -> {
            List<String> members = new ArrayList<>(answer.size());
            answer.forEach(member -> members.add(member.toString()));
            return members;
        });
    }
}
