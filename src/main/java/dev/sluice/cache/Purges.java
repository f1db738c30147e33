package dev.sluice.cache;

import dev.sluice.config.Settings;
import dev.sluice.redis.ForCache;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Response;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * What was purged, as far as this replica knows; and with it, what time it is at Redis.
 * <p>
 * A purge deletes the entries that are known to the indexes. What it cannot find there, because a replica has stored it
 * but not yet said so, is caught here: an entry remembers until when its writer knew of purges, and is not served once a
 * later one concerns it. That costs no trip of its own: a view is good for {@link #VALID} from the moment it was asked
 * for, and is renewed in the background while requests come. So a purge holds everywhere once that time has passed since
 * it was declared.
 */
@Singleton
final class Purges {
    private static final Script PURGES = Script.named("cache_purges");

    /** How long a replica may rely on what it knows. */
    static final Duration VALID = Duration.ofSeconds(1);
    private static final long RENEW_NANOS = VALID.toNanos() / 4;
    private static final long MICROS = 1_000;
    private static final Duration REMEMBERED_AT_LEAST = Duration.ofDays(30);

    private final SharedStore store;
    private final LongSupplier nanos;
    private final List<String> key;
    private final String remembered;
    private final AtomicReference<View> latest = new AtomicReference<>();
    private final AtomicBoolean renewing = new AtomicBoolean();

    @Inject
    Purges(@ForCache SharedStore store, Settings settings) {
        this(store, settings.cache().ttl(), System::nanoTime);
    }

    Purges(SharedStore store, Duration ttl, LongSupplier nanos) {
        this.store = store;
        this.nanos = nanos;
        this.key = List.of(CacheKeys.global(store.keys(), "purges"));
        Duration longest = ttl.compareTo(REMEMBERED_AT_LEAST) > 0 ? ttl : REMEMBERED_AT_LEAST;
        this.remembered = Long.toString(longest.toNanos() / MICROS);
    }

    /** One purge; an empty name stands for all of them. */
    private record Purge(long at, String tenant, String model) {
        boolean concerns(Entry entry) {
            return at > entry.purgesSeen() && (tenant.isEmpty() || tenant.equals(entry.tenant()))
                    && (model.isEmpty() || model.equals(entry.model()));
        }
    }

    /** What was known at one moment. Times are microseconds of Redis' clock. */
    final class View {
        private final long asOf;
        private final long askedNanos;
        private final List<Purge> purges;
        private final long newest;

        private View(long asOf, long askedNanos, List<Purge> purges) {
            this.asOf = asOf;
            this.askedNanos = askedNanos;
            this.purges = purges;
            this.newest = purges.stream().mapToLong(Purge::at).max().orElse(0);
        }

        /** Purges up to here are known. */
        long asOf() {
            return asOf;
        }

        long now() {
            return asOf + (nanos.getAsLong() - askedNanos) / MICROS;
        }

        boolean isPurged(Entry entry) {
            if (entry.purgesSeen() >= newest) {
                return false;
            }
            for (Purge purge : purges) {
                if (purge.concerns(entry)) {
                    return true;
                }
            }
            return false;
        }

        private long age() {
            return nanos.getAsLong() - askedNanos;
        }
    }

    /** What is known, if that may be relied on; null where Redis has to be asked first. */
    View known() {
        View view = latest.get();
        long age = view == null ? Long.MAX_VALUE : view.age();
        if (age >= VALID.toNanos()) {
            return null;
        }
        if (age >= RENEW_NANOS && renewing.compareAndSet(false, true)) {
            ask().subscribe().with(renewed -> renewing.set(false), lost -> renewing.set(false));
        }
        return view;
    }

    Uni<View> ask() {
        return ask(List.of());
    }

    /** Once {@link #VALID} has passed nothing stored before is served by anybody; empty names stand for all. */
    Uni<Void> declare(String tenant, String model) {
        return ask(List.of(tenant + "|" + model, remembered)).replaceWithVoid();
    }

    private Uni<View> ask(List<String> arguments) {
        return Uni.createFrom().deferred(() -> {
            long asked = nanos.getAsLong();
            return store.run(PURGES, key, arguments).map(answer -> latest.accumulateAndGet(read(answer, asked),
                    (known, heard) -> known == null || heard.askedNanos - known.askedNanos >= 0 ? heard : known));
        });
    }

    private View read(Response answer, long asked) {
        List<Purge> purges = new ArrayList<>();
        for (int i = 1; i + 1 < answer.size(); i += 2) {
            String[] names = answer.get(i).toString().split("\\|", 2);
            purges.add(new Purge(answer.get(i + 1).toLong(), names[0], names[1]));
        }
        return new View(answer.get(0).toLong(), asked, purges);
    }
}
