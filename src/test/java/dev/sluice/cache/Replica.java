package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Caller;
import dev.sluice.Exchange;
import dev.sluice.Reply;
import dev.sluice.Stage.Next;
import dev.sluice.config.Settings;
import dev.sluice.embedding.Embedder;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** The cache of one replica, put together as the application does. */
final class Replica {
    private final Settings.Scope sharing;
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Purges purges;
    final Entries entries;
    final Journal journal;
    final Leases leases;
    private final IdempotencyStage idempotency;
    private final SingleFlightStage flight;
    private final CacheStage cache;
    final CacheAdministration administration;

    /** Callers whose next request is going to be refused. */
    final Set<Caller> refused = new HashSet<>();

    Replica(TestRedis redis, SharedStore store, Settings.Cache settings) {
        this(redis, store, settings, false);
    }

    /** @param oldRedis whether to do without what came with Redis 7 */
    Replica(TestRedis redis, SharedStore store, Settings.Cache settings, boolean oldRedis) {
        this(redis, store, settings, oldRedis, null);
    }

    Replica(TestRedis redis, SharedStore store, Settings.Cache settings, boolean oldRedis, Embedder embedder) {
        this(redis.vertx(), store, settings, oldRedis, embedder);
    }

    /** @param embedder null: only the very same words count */
    Replica(Vertx vertx, SharedStore store, Settings.Cache settings, boolean oldRedis, Embedder embedder) {
        sharing = settings.scope();
        purges = new Purges(store, settings.ttl(), System::nanoTime);
        leases = new Leases(store, vertx, oldRedis);
        entries = new Entries(store, leases);
        ScopeIndex index = new ScopeIndex(store, settings.maxEntries());
        ServedRequests requests = new ServedRequests(store);
        Totals totals = new Totals(store, settings.ttl());
        journal = new Journal(index, requests, totals, entries, vertx, meters);
        ExactCache exact = new ExactCache(entries, leases, purges, journal, vertx, settings);
        WrongPairs wrongPairs = new WrongPairs(store, settings.ttl());
        SemanticCache semantic = new SemanticCache(exact, SemanticCache.index(store.slow(), settings.semantic()),
                wrongPairs, Optional.ofNullable(embedder), vertx, meters, settings.semantic());
        Waiting waiting = new Waiting(leases, vertx);
        Relay relay = new Relay(store, leases, purges, vertx, settings);
        Elsewhere elsewhere = new Elsewhere(exact, entries, waiting, relay, settings.maxWait());
        cache = new CacheStage(exact, semantic, elsewhere, leases, journal, refused::contains, settings);
        idempotency = new IdempotencyStage(store, leases, waiting, relay, vertx, settings,
                Map.of(Asked.MODEL.name(), Asked.MODEL));
        flight = new SingleFlightStage(leases, entries, relay, journal, vertx, settings);
        administration = new CacheAdministration(totals, index, requests, entries, purges, journal, wrongPairs);
    }

    static Settings.Cache settings() {
        return settings(Settings.Scope.TENANT, 10_000, Duration.ofHours(2));
    }

    static Settings.Cache settings(Settings.Scope scope, int maxEntries, Duration ttl) {
        return settings(scope, maxEntries, ttl, Duration.ofMinutes(1));
    }

    static Settings.Cache settings(Settings.Scope scope, int maxEntries, Duration ttl, Duration maxWait) {
        return new Settings.Cache(true, ttl, maxEntries, 1 << 20, scope, maxWait, OptionalDouble.empty(),
                Optional.empty(),
                Optional.empty(),
                semantic(Settings.Verify.BALANCED, Settings.IndexKind.AUTO));
    }

    static Settings.Cache settings(Settings.Scope scope, Settings.Semantic semantic) {
        return new Settings.Cache(true, Duration.ofHours(2), 10_000, 1 << 20, scope, Duration.ofMinutes(1),
                OptionalDouble.empty(), Optional.empty(), Optional.empty(), semantic);
    }

    /** With time enough for a busy machine. */
    static Settings.Semantic semantic(Settings.Verify verify, Settings.IndexKind index) {
        return new Settings.Semantic(true, 0.92, verify, 10_000, Settings.EmbedderKind.ONNX, index, 1_000,
                Duration.ofSeconds(20), Optional.empty());
    }

    /** Asks, and waits until an answer that is kept is there. */
    Reply askAndKeep(Exchange exchange, Next provider) {
        Reply reply = ask(exchange, provider);
        if (reply.receipt().cache().orElseThrow().equals(new CacheStatus.Miss(true))) {
            Identity identity = Identity.of(exchange.request(), reply.receipt().model().orElseThrow(),
                    Scope.of(sharing, exchange.caller()));
            Eventually.until(() -> isEntry(await(entries.get(identity))));
        }
        return reply;
    }

    private static boolean isEntry(byte[] found) {
        return found != null && Lease.read("", found) == null;
    }

    Reply ask(Exchange exchange, Next provider) {
        return start(exchange, provider).await().atMost(Duration.ofSeconds(10));
    }

    Uni<Reply> start(Exchange exchange, Next provider) {
        return idempotency.apply(exchange, e -> flight.apply(e, f -> cache.apply(f, provider)));
    }

    Uni<CachePreview> preview(Exchange exchange) {
        return cache.preview(exchange);
    }

    <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(10));
    }
}
