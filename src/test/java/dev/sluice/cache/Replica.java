package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Reply;
import dev.sluice.Stage.Next;
import dev.sluice.config.Settings;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** The cache of one replica, put together as the application does. */
final class Replica {
    private final Settings.Scope sharing;
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Purges purges;
    final Entries entries;
    final Journal journal;
    final CacheStage stage;
    final CacheAdministration administration;

    Replica(TestRedis redis, SharedStore store, Settings.Cache settings) {
        sharing = settings.scope();
        purges = new Purges(store, settings.ttl(), System::nanoTime);
        entries = new Entries(store);
        ScopeIndex index = new ScopeIndex(store, settings.maxEntries());
        ServedRequests requests = new ServedRequests(store);
        Totals totals = new Totals(store, settings.ttl());
        journal = new Journal(index, requests, totals, entries, redis.vertx(), meters);
        ExactCache exact = new ExactCache(entries, purges, journal, redis.vertx(), settings.maxEntryBytes(),
                settings.ttl());
        stage = new CacheStage(exact, journal, settings);
        administration = new CacheAdministration(totals, index, requests, entries, purges, journal);
    }

    static Settings.Cache settings() {
        return settings(Settings.Scope.TENANT, 10_000, Duration.ofHours(2));
    }

    static Settings.Cache settings(Settings.Scope scope, int maxEntries, Duration ttl) {
        return new Settings.Cache(true, ttl, maxEntries, 1 << 20, scope, new Settings.Semantic(false, 0.92,
                Settings.Verify.BALANCED, 10_000, Settings.EmbedderKind.NONE, Settings.IndexKind.AUTO));
    }

    /** Asks, and waits until an answer that is kept is there. */
    Reply askAndKeep(Exchange exchange, Next provider) {
        Reply reply = ask(exchange, provider);
        if (reply.receipt().cache().orElseThrow().equals(new CacheStatus.Miss(true))) {
            Identity identity = Identity.of(exchange.request(), reply.receipt().model().orElseThrow(),
                    Scope.of(sharing, exchange.caller()));
            Eventually.until(() -> await(entries.get(identity)) != null);
        }
        return reply;
    }

    Reply ask(Exchange exchange, Next provider) {
        return stage.apply(exchange, provider).await().atMost(Duration.ofSeconds(10));
    }

    <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(10));
    }
}
