package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.isHit;
import static dev.sluice.cache.Asked.question;
import static dev.sluice.cache.Asked.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.cache.Asked.Provider;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CacheStageTest extends TwoReplicas {
    private static final CacheStatus BYPASS = new CacheStatus.Bypass();
    private static final CacheStatus STORED = new CacheStatus.Miss(true);
    private static final CacheStatus NOT_STORED = new CacheStatus.Miss(false);
    private static final String WHY = question("Why?");

    private final Provider provider = new Provider();

    @Test
    void theSameQuestionToAnotherReplicaIsAHitThatCostsNothing() {
        Reply first = one.askAndKeep(exchange(WHY), provider);

        Reply second = other.ask(exchange(" " + WHY.replace(",", ", ")), provider);

        assertThat(cache(first)).isEqualTo(STORED);
        assertThat(text(second)).isEqualTo(text(first));
        assertThat(((Answer) second).contentType()).isEqualTo("application/json");
        assertThat(second.receipt().model()).contains(Asked.MODEL);
        assertThat(second.receipt().cost()).isEqualTo(Money.ZERO);
        assertThat(second.receipt().usage()).isEqualTo(Asked.USAGE);
        assertThat(second.receipt().savedByCache()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
        assertThat(second.receipt().savedByRouting()).isEqualTo(Money.ZERO);
        assertThat(second.receipt().attempts()).isZero();
        CacheStatus.ExactHit hit = (CacheStatus.ExactHit) cache(second);
        assertThat(hit.ttlSeconds()).isBetween(7190L, 7200L);
        assertThat(hit.ageSeconds()).isBetween(0L, 9L);
        assertThat(provider.calls).hasValue(1);
    }

    @Test
    void anAnswerExpires() {
        one = new Replica(redis, store, Replica.settings(Settings.Scope.TENANT, 10, Duration.ofMillis(300)));
        one.ask(exchange(WHY), provider);

        Eventually.until(() -> isHit(one.ask(exchange(WHY), provider)));
        int calls = provider.calls.get();

        Eventually.until(() -> !isHit(one.ask(exchange(WHY), provider)));
        assertThat(provider.calls).hasValue(calls + 1);
    }

    @Test
    void noCacheAsksAnewAndReplacesWhatIsStored() {
        one.askAndKeep(exchange(WHY), provider);

        Reply fresh = one.ask(exchange(WHY, wish(true, false, false)), provider);

        assertThat(cache(fresh)).isEqualTo(STORED);
        assertThat(text(fresh)).contains("answer 2");
        Eventually.until(() -> text(other.ask(exchange(WHY), provider)).contains("answer 2"));
        assertThat(provider.calls).hasValue(2);
    }

    @Test
    void noStoreReadsButLeavesNoTrace() {
        Reply unkept = one.ask(exchange(WHY, wish(false, true, false)), provider);
        assertThat(cache(unkept)).isEqualTo(NOT_STORED);
        assertThat(isHit(one.askAndKeep(exchange(WHY), provider))).isFalse();

        assertThat(isHit(one.ask(exchange(WHY, wish(false, true, false)), provider))).isTrue();
    }

    @Test
    void neitherReadingNorStoringIsABypass() {
        one.askAndKeep(exchange(WHY), provider);

        assertThat(cache(one.ask(exchange(WHY, wish(true, true, false)), provider))).isEqualTo(BYPASS);
        assertThat(cache(one.ask(exchange(WHY, new CacheWish(Lookup.OFF, false, false, OptionalLong.empty(), false)),
                provider))).isEqualTo(BYPASS);
        assertThat(text(one.ask(exchange(WHY), provider))).contains("answer 1");
    }

    @Test
    void maxAgeRefusesWhatIsOlder() {
        one.askAndKeep(exchange(WHY), provider);

        assertThat(isHit(one.ask(exchange(WHY, maxAge(3600)), provider))).isTrue();
        Reply now = one.ask(exchange(WHY, maxAge(0)), provider);
        assertThat(cache(now)).isEqualTo(STORED);
        Eventually.until(() -> !isHit(one.ask(exchange(WHY, maxAge(1)), provider)));
    }

    @Test
    void onlyIfCachedNeverCallsAProvider() {
        CacheWish onlyIfCached = wish(false, false, true);

        Reply missing = one.ask(exchange(WHY, onlyIfCached), provider);
        assertThat(missing).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.status()).isEqualTo(504);
            assertThat(refusal.code()).contains("not_cached");
        });
        assertThat(cache(missing)).isEqualTo(NOT_STORED);
        assertThat(provider.calls).hasValue(0);

        one.askAndKeep(exchange(WHY), provider);
        assertThat(isHit(one.ask(exchange(WHY, onlyIfCached), provider))).isTrue();
        assertThat(one.ask(exchange(WHY, wish(true, false, true)), provider)).isInstanceOf(Refusal.class);
        assertThat(one.ask(exchange(WHY, new CacheWish(Lookup.OFF, false, false, OptionalLong.empty(), true)),
                provider)).isInstanceOf(Refusal.class);
        assertThat(provider.calls).hasValue(1);
    }

    @Test
    void aDisabledCacheTakesNoPart() {
        Settings.Cache on = Replica.settings();
        Replica disabled = new Replica(redis, store,
                new Settings.Cache(false, on.ttl(), on.maxEntries(), on.maxEntryBytes(),
                        on.scope(), on.maxWait(), on.maxTemperature(), on.hmacSecret(), on.previousHmacSecret(),
                        on.semantic()));
        one.askAndKeep(exchange(WHY), provider);

        assertThat(cache(disabled.ask(exchange(WHY), provider))).isEqualTo(BYPASS);
        assertThat(provider.calls).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(strings = { ",\"temperature\":0.71", ",\"temperature\":2", "", ",\"temperature\":null"})
    void answersThatAreMeantToDifferAreNotShared(String temperature) {
        Replica cool = new Replica(redis, store, upTo(0.7));
        String body = "{\"messages\":[]" + temperature + "}";

        cool.ask(exchange(body), provider);

        assertThat(cache(cool.ask(exchange(body), provider))).isEqualTo(BYPASS);
        assertThat(provider.calls).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(strings = { ",\"temperature\":0.7", ",\"temperature\":0"})
    void answersThatAreMeantToBeTheSameAre(String temperature) {
        Replica cool = new Replica(redis, store, upTo(0.7));
        String body = "{\"messages\":[]" + temperature + "}";

        cool.askAndKeep(exchange(body), provider);

        assertThat(isHit(cool.ask(exchange(body), provider))).isTrue();
    }

    @Test
    void aPreviewKnowsThatAnswersAreMeantToDiffer() {
        Replica cool = new Replica(redis, store, upTo(0.7));

        assertThat(cool.await(cool.preview(exchange("{\"messages\":[]}"))).lookup()).isEqualTo("bypass");
        assertThat(cool.await(cool.preview(exchange("{\"messages\":[],\"temperature\":0.7}"))).lookup())
                .isEqualTo("miss");
    }

    private static Settings.Cache upTo(double temperature) {
        Settings.Cache any = Replica.settings();
        return new Settings.Cache(true, any.ttl(), any.maxEntries(), any.maxEntryBytes(), any.scope(), any.maxWait(),
                OptionalDouble.of(temperature), any.hmacSecret(), any.previousHmacSecret(), any.semantic());
    }

    @ParameterizedTest
    @ValueSource(strings = { "\"store\":true", "\"previous_response_id\":\"r\"", "\"conversation\":\"c\"",
            "\"tools\":[{\"type\":\"function\"},{\"type\":\"web_search\"}]", "\"web_search_options\":{}",
            "\"audio\":{\"voice\":\"ash\"}"})
    void whatTouchesUpstreamStateBypasses(String member) {
        String body = "{\"messages\":[]," + member + "}";

        one.ask(exchange(body), provider);

        assertThat(cache(one.ask(exchange(body), provider))).isEqualTo(BYPASS);
        assertThat(provider.calls).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(strings = { "\"store\":false", "\"store\":null", "\"previous_response_id\":null",
            "\"tools\":[{\"type\":\"function\"},{\"type\":\"custom\"}]"})
    void whatOnlyLooksLikeUpstreamStateIsCached(String member) {
        String body = "{\"messages\":[]," + member + "}";

        one.askAndKeep(exchange(body), provider);

        assertThat(isHit(one.ask(exchange(body), provider))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = { "stop", "tool_calls", "length"})
    void wholeAnswersAreKept(String finishReason) {
        Provider finishing = new Provider(finishReason);

        one.askAndKeep(exchange(WHY), finishing);

        assertThat(isHit(one.ask(exchange(WHY), finishing))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = { "content_filter", "error", "function_call", ""})
    void otherAnswersAreNotKept(String finishReason) {
        assertThat(cache(one.ask(exchange(WHY), new Provider(finishReason)))).isEqualTo(NOT_STORED);
    }

    @Test
    void whatTheGatewayItselfCutShortIsNotKept() {
        assertThat(cache(one.ask(exchange(WHY), new Provider("length").bounded()))).isEqualTo(NOT_STORED);
        assertThat(cache(one.ask(exchange(WHY), new Provider("stop").bounded()))).isEqualTo(STORED);
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "no json", "[]", "{}", "{\"choices\":[]}", "{\"choices\":[{}]}",
            "{\"choices\":[{\"finish_reason\":\"stop\"},{\"finish_reason\":null}]}",
            "{\"choices\":[{\"finish_reason\":\"stop\"},{\"finish_reason\":\"content_filter\"}]}"})
    void whatIsNoWholeAnswerIsNotKept(String body) {
        Reply reply = one.ask(exchange(WHY), e -> answer(200, body));

        assertThat(cache(reply)).isEqualTo(NOT_STORED);
    }

    @Test
    void failuresAreNotKept() {
        String whole = new String(Asked.body("stop", "x"), StandardCharsets.UTF_8);
        assertThat(cache(one.ask(exchange(WHY), e -> answer(400, whole)))).isEqualTo(NOT_STORED);
        Reply refusal = one.ask(exchange(WHY),
                e -> Uni.createFrom().item(Refusal.of(502, "upstream_error", "upstream_error", "No.")));
        assertThat(refusal).isInstanceOf(Refusal.class);
        assertThat(cache(refusal)).isEqualTo(NOT_STORED);
    }

    @Test
    void answersBeyondTheBoundAreNotKept() {
        String long_ = new String(Asked.body("stop", "x".repeat(1 << 20)), StandardCharsets.UTF_8);
        String justFits = new String(Asked.body("stop", "x".repeat((1 << 20) - 200)), StandardCharsets.UTF_8);

        assertThat(cache(one.ask(exchange(WHY), e -> answer(200, long_)))).isEqualTo(NOT_STORED);
        one.askAndKeep(exchange(WHY), e -> answer(200, justFits));
        assertThat(text(other.ask(exchange(WHY), provider))).isEqualTo(justFits);
    }

    @Test
    void aFallbacksAnswerIsKeptAsTheFallbacks() {
        Model fallback = new Model("fallback", "p2", "f", Optional.of(Asked.PRICE), 0, 0, List.of());
        Reply first = one.askAndKeep(exchange(WHY), new Provider().insteadBy(fallback));
        assertThat(cache(first)).isEqualTo(STORED);

        Reply primary = one.ask(exchange(WHY), provider);
        Reply direct = other.ask(exchange(WHY, fallback, "tenant", "key", CacheWish.DEFAULT), provider);

        assertThat(isHit(primary)).isFalse();
        assertThat(isHit(direct)).isTrue();
        assertThat(direct.receipt().model()).contains(fallback);
    }

    @Test
    void aValueThatIsNoEntryIsAMissAndIsReplaced() {
        Identity identity = Identity.of(Asked.request(WHY), Asked.MODEL,
                new Scope(Settings.Scope.TENANT, "tenant", ""));
        for (String foreign : List.of("", "x", "\u0001" + "x".repeat(200), "\u0002" + "y".repeat(200))) {
            one.await(one.entries.put(identity, foreign.getBytes(StandardCharsets.UTF_8), 60_000));

            Reply reply = one.ask(exchange(WHY), provider);

            assertThat(cache(reply)).isEqualTo(STORED);
            Eventually.until(() -> isHit(one.ask(exchange(WHY, wish(false, true, false)), provider)));
        }
    }

    @Test
    void aListWhereAnEntryShouldBeIsAMiss() {
        Identity identity = Identity.of(Asked.request(WHY), Asked.MODEL,
                new Scope(Settings.Scope.TENANT, "tenant", ""));
        one.await(store.call(Command.RPUSH, CacheKeys.entry(store.keys(), identity.value()), "x"));

        assertThat(text(one.ask(exchange(WHY), provider))).contains("answer 1");
    }

    private static CacheStatus cache(Reply reply) {
        return reply.receipt().cache().orElseThrow();
    }

    private static Uni<Reply> answer(int status, String body) {
        return Uni.createFrom().item(Asked.answer(status, body.getBytes(StandardCharsets.UTF_8),
                Receipt.servedBy(Asked.MODEL, 1, Asked.USAGE, 1)));
    }

    private static CacheWish wish(boolean noCache, boolean noStore, boolean onlyIfCached) {
        return new CacheWish(Lookup.SEMANTIC, noCache, noStore, OptionalLong.empty(), onlyIfCached);
    }

    private static CacheWish maxAge(long seconds) {
        return new CacheWish(Lookup.SEMANTIC, false, false, OptionalLong.of(seconds), false);
    }
}
