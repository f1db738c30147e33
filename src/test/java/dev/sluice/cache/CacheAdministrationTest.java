package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.isHit;
import static dev.sluice.cache.Asked.question;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Reply;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.cache.Asked.Provider;
import dev.sluice.cache.CacheAdministration.Figures;
import dev.sluice.config.Settings;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CacheAdministrationTest extends TwoReplicas {
    private static final CacheWish OFF = new CacheWish(Lookup.OFF, false, false, OptionalLong.empty(), false);
    private static final Model OTHER = new Model("other", "p", "o", Optional.of(Asked.PRICE), 0, 0, List.of());

    private final Provider provider = new Provider();
    private final List<Replica> replicas = new ArrayList<>();

    @BeforeEach
    void know() {
        replicas.addAll(List.of(one, other));
    }

    /** What a replica says late would be said in the next test. */
    @AfterEach
    void everythingIsTold() {
        replicas.forEach(replica -> replica.await(replica.journal.flushAll()));
    }

    private void use(Settings.Cache settings) {
        one = new Replica(redis, store, settings);
        other = new Replica(redis, store, settings);
        replicas.addAll(List.of(one, other));
    }

    @Test
    void countsWhatAllReplicasDid() {
        one.askAndKeep(exchange(question("1")), provider);
        other.askAndKeep(exchange(question("2")), provider);
        for (int i = 0; i < 3; i++) {
            one.ask(exchange(question("2")), provider);
        }
        other.ask(exchange(question("1")), provider);
        other.ask(exchange(question("1"), OFF), provider);

        other.await(other.journal.flushAll());
        Figures figures = one.await(one.administration.figures());

        Money each = Asked.MODEL.cost(Asked.USAGE);
        assertThat(figures.exactHits()).isEqualTo(4);
        assertThat(figures.misses()).isEqualTo(2);
        assertThat(figures.bypassed()).isEqualTo(1);
        assertThat(figures.semanticHits()).isZero();
        assertThat(figures.coalesced()).isZero();
        assertThat(figures.hitRate()).isEqualTo(4 / 6.0);
        assertThat(figures.saved()).isEqualTo(new Money(4 * each.nanos()));
        assertThat(figures.entries()).isEqualTo(2);
        assertThat(figures.bytes()).isBetween(300L, 700L);
        assertThat(figures.evictions()).isZero();
        assertThat(other.await(other.administration.figures())).isEqualTo(figures);
    }

    @Test
    void anEmptyCacheHasFiguresToo() {
        assertThat(one.await(one.administration.figures()))
                .isEqualTo(new Figures(0, 0, 0, 0, 0, 0, 0, 0, 0, Money.ZERO));
    }

    @Test
    void flushesByItself() {
        one.ask(exchange(question("1")), provider);

        Eventually.until(() -> one.await(store.call(Command.HGET, CacheKeys.global(store.keys(), "totals"),
                Tally.MISSES.field())) != null);
        Eventually.until(() -> one.await(store.call(Command.ZCARD, tenantKey("cache:hits"))).toLong() == 1);
    }

    private String tenantKey(String rest) {
        return store.keys().tenant("tenant", rest);
    }

    @Test
    void theLeastRecentlyHitGoesFirst() {
        use(Replica.settings(Settings.Scope.TENANT, 5, Duration.ofHours(1)));
        for (int i = 0; i < 5; i++) {
            one.askAndKeep(exchange(question("q" + i)), provider);
        }
        one.await(one.journal.flushAll());
        other.ask(exchange(question("q0")), provider);
        other.ask(exchange(question("q2")), provider);
        other.await(other.journal.flushAll());
        for (int i = 5; i < 8; i++) {
            one.askAndKeep(exchange(question("q" + i)), provider);
        }

        Figures figures = one.await(one.administration.figures());

        assertThat(figures.entries()).isEqualTo(5);
        assertThat(figures.evictions()).isEqualTo(3);
        assertThat(one.meters.get("sluice.cache.evictions").counter().count()).isEqualTo(3);
        CacheWish onlyIfCached = new CacheWish(Lookup.EXACT, false, false, OptionalLong.empty(), true);
        List<Boolean> there = List.of("q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7").stream()
                .map(text -> other.ask(exchange(question(text), onlyIfCached), provider))
                .map(reply -> reply instanceof Reply.Answer).toList();
        assertThat(there).containsExactly(true, false, true, false, false, true, true, true);
    }

    @Test
    void eachScopeHasItsOwnRoom() {
        use(Replica.settings(Settings.Scope.TENANT, 2, Duration.ofHours(1)));
        for (int i = 0; i < 2; i++) {
            one.askAndKeep(of("a", "k", "q" + i), provider);
            one.askAndKeep(of("b", "k", "q" + i), provider);
        }

        Figures figures = one.await(one.administration.figures());

        assertThat(figures.entries()).isEqualTo(4);
        assertThat(figures.evictions()).isZero();
    }

    @Test
    void aBurstOfEvictionsIsWorkedOff() {
        use(Replica.settings(Settings.Scope.TENANT, 10_000, Duration.ofHours(1)));
        Scope scope = new Scope(Settings.Scope.TENANT, "tenant", "");
        for (int i = 0; i < 2_500; i++) {
            one.journal.stored(Asked.note(scope, "i" + i, "r" + i, "tenant", 60_000_000, 10));
        }
        assertThat(one.await(one.administration.figures()).entries()).isEqualTo(2_500);
        use(Replica.settings(Settings.Scope.TENANT, 100, Duration.ofHours(1)));

        Figures figures = one.await(one.administration.figures());

        assertThat(figures.entries()).isEqualTo(100);
        assertThat(figures.evictions()).isEqualTo(2_400);
    }

    @Test
    void expiredEntriesAreNotCounted() {
        use(Replica.settings(Settings.Scope.TENANT, 10, Duration.ofMillis(200)));
        one.ask(exchange(question("1")), provider);

        Eventually.until(() -> {
            Figures figures = one.await(one.administration.figures());
            return figures.misses() == 1 && figures.entries() == 0 && figures.bytes() == 0;
        });
        assertThat(one.await(one.administration.figures()).evictions()).isZero();
    }

    @Test
    void anAnswerThatIsReplacedIsCountedOnce() {
        CacheWish noCache = new CacheWish(Lookup.EXACT, true, false, OptionalLong.empty(), false);
        one.askAndKeep(exchange(question("1")), provider);
        long before = one.await(one.administration.figures()).bytes();
        for (int i = 0; i < 3; i++) {
            one.askAndKeep(exchange(question("1"), noCache), provider);
        }

        Eventually.until(() -> one.await(one.administration.figures()).misses() == 4);
        Figures figures = one.await(one.administration.figures());
        assertThat(figures.entries()).isEqualTo(1);
        assertThat(figures.bytes()).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource(Settings.Scope.class)
    void aPurgeWithoutNamesRemovesEverything(Settings.Scope scope) {
        use(Replica.settings(scope, 100, Duration.ofHours(1)));
        one.askAndKeep(of("a", "k", "1"), provider);
        other.askAndKeep(of("b", "k", "2"), provider);
        other.ask(of("b", "k", "2"), provider);

        long removed = one.await(one.administration.purge(Optional.empty(), Optional.empty()));

        assertThat(removed).isEqualTo(2);
        assertThat(isHit(one.ask(of("a", "k", "1"), provider))).isFalse();
        assertThat(isHit(other.ask(of("b", "k", "2"), provider))).isFalse();
        assertThat(one.await(one.administration.purge(Optional.empty(), Optional.empty()))).isEqualTo(2);
        Figures figures = one.await(one.administration.figures());
        assertThat(figures.entries()).isZero();
        assertThat(figures.bytes()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Settings.Scope.class)
    void aPurgeByTenantLeavesTheOthers(Settings.Scope scope) {
        use(Replica.settings(scope, 100, Duration.ofHours(1)));
        one.askAndKeep(of("a", "k", "1"), provider);
        one.askAndKeep(of("a", "k2", "2"), provider);
        one.askAndKeep(of("b", "k", "3"), provider);

        long removed = other.await(other.administration.purge(Optional.of("a"), Optional.empty()));

        assertThat(removed).isEqualTo(2);
        assertThat(isHit(one.ask(of("a", "k", "1"), provider))).isFalse();
        assertThat(isHit(one.ask(of("a", "k2", "2"), provider))).isFalse();
        assertThat(isHit(one.ask(of("b", "k", "3"), provider))).isTrue();
    }

    @Test
    void aPurgeByModelLeavesTheOthers() {
        one.askAndKeep(exchange(question("1")), provider);
        one.askAndKeep(exchange(question("1"), OTHER, "tenant", "key", CacheWish.DEFAULT), provider);
        one.askAndKeep(exchange(question("1"), OTHER, "b", "key", CacheWish.DEFAULT), provider);

        assertThat(one.await(one.administration.purge(Optional.of("b"), Optional.of("other")))).isEqualTo(1);
        assertThat(one.await(one.administration.purge(Optional.empty(), Optional.of("other")))).isEqualTo(1);

        assertThat(isHit(other.ask(exchange(question("1")), provider))).isTrue();
        assertThat(isHit(other.ask(exchange(question("1"), OTHER, "tenant", "key", CacheWish.DEFAULT), provider)))
                .isFalse();
        assertThat(one.await(one.administration.purge(Optional.of("nobody"), Optional.empty()))).isZero();
    }

    @Test
    void whatNoIndexKnowsYetIsPurgedToo() {
        one.askAndKeep(exchange(question("1")), provider);
        one.await(one.journal.flushAll());
        one.await(store.call(Command.DEL, tenantKey("cache:hits"), tenantKey("cache:expiry"),
                tenantKey("cache:entries")));
        assertThat(isHit(other.ask(exchange(question("1")), provider))).isTrue();

        long removed = one.await(one.administration.purge(Optional.of("tenant"), Optional.empty()));

        assertThat(removed).isZero();
        assertThat(isHit(other.ask(exchange(question("1")), provider))).isFalse();
    }

    @Test
    void anAnswerThatWasUnderWayDuringAPurgeIsNotServed() {
        Reply late = one.askAndKeep(exchange(question("1")),
                asked -> other.administration.purge(Optional.empty(), Optional.empty())
                        .chain(() -> provider.apply(asked)));

        assertThat(late.receipt().cost()).isNotEqualTo(Money.ZERO);
        assertThat(isHit(other.ask(exchange(question("1")), provider))).isFalse();
    }

    @Test
    void aPurgeByRequestRemovesWhatItStoredOrWasServed() {
        Exchange storing = exchange(question("1"));
        Exchange served = exchange(question("2"));
        one.askAndKeep(storing, provider);
        one.askAndKeep(exchange(question("2")), provider);
        other.ask(served, provider);
        one.askAndKeep(exchange(question("3")), provider);

        assertThat(purge(storing.id(), Optional.empty())).isEqualTo(1);
        assertThat(purge(served.id(), Optional.of("tenant"))).isEqualTo(1);
        assertThat(purge(served.id(), Optional.empty())).isZero();
        assertThat(purge("unknown", Optional.empty())).isZero();

        assertThat(isHit(one.ask(exchange(question("3")), provider))).isTrue();
        assertThat(isHit(one.ask(exchange(question("1")), provider))).isFalse();
        assertThat(isHit(one.ask(exchange(question("2")), provider))).isFalse();
    }

    @Test
    void aPurgeByRequestTouchesNoOtherTenantAndNoOtherModel() {
        Exchange storing = exchange(question("1"));
        one.askAndKeep(storing, provider);

        assertThat(purge(storing.id(), Optional.of("b"))).isZero();
        assertThat(one.await(one.administration.purge(storing.id(), Optional.empty(), Optional.of("other")))).isZero();
        assertThat(isHit(other.ask(exchange(question("1")), provider))).isTrue();
        assertThat(one.await(one.administration.purge(storing.id(), Optional.empty(), Optional.of("m")))).isEqualTo(1);
    }

    private long purge(String requestId, Optional<String> tenant) {
        return one.await(one.administration.purge(requestId, tenant, Optional.empty()));
    }

    private static Exchange of(String tenant, String key, String text) {
        return exchange(question(text), Asked.MODEL, tenant, key, CacheWish.DEFAULT);
    }
}
