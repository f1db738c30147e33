package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.isHit;
import static dev.sluice.cache.Asked.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.CacheStatus;
import dev.sluice.CacheStatus.Nearest;
import dev.sluice.Caller;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Reply;
import dev.sluice.Wishes;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.cache.Asked.Provider;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.IndexKind;
import dev.sluice.config.Settings.Verify;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.Question;
import dev.sluice.embedding.Embedder;
import dev.sluice.embedding.MemoisedEmbedder;
import dev.sluice.embedding.OnnxEmbedder;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.micrometer.core.instrument.Counter;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The semantic look-up as requests meet it, over one kind of index, with the model and the verifier that ship. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SemanticCacheContract {
    private static final AtomicLong TESTS = new AtomicLong();

    private final IndexKind kind;
    private final MemoisedEmbedder embedder = new MemoisedEmbedder(new OnnxEmbedder());
    final Provider provider = new Provider();
    String explain;
    String what;
    String opposite;
    private long test;
    TestRedis redis;
    SharedStore store;
    Replica one;
    Replica other;

    SemanticCacheContract(IndexKind kind) {
        this.kind = kind;
    }

    /** Where the server cannot do it, the test is skipped. */
    void require(SharedStore store) {
        // any server will do
    }

    @BeforeAll
    void start() {
        redis = TestRedis.start();
        store = Eventually.answering(redis.store(Duration.ofSeconds(10)));
        require(store);
        // Loading the model takes its time on a busy machine.
        embedder.embed("tenant", "warm").await().atMost(Duration.ofMinutes(2));
    }

    @AfterAll
    void stop() {
        redis.close();
        embedder.close();
    }

    @BeforeEach
    void replicas() {
        one = replica(Verify.BALANCED);
        other = replica(Verify.BALANCED);
        one.await(store.call(Command.FLUSHALL));
        provider.calls.set(0);
        test = TESTS.incrementAndGet();
        explain = question("Erkläre die Vorteile von Python-Generatoren");
        what = question("Was sind die Vorteile von Python-Generatoren?");
        opposite = question("Erkläre die Nachteile von Python-Generatoren");
    }

    /** What a test before this one still writes is about other requests. */
    String question(String text) {
        return Asked.question(text).replaceFirst("[{]", "{\"seed\":" + test + ",");
    }

    Replica replica(Verify verify) {
        return replica(Replica.settings(Settings.Scope.TENANT, Replica.semantic(verify, kind)));
    }

    Replica replica(Settings.Cache settings) {
        return new Replica(redis, store, settings, false, embedder);
    }

    /** Asks, and waits until others can be answered with it. */
    Reply store(Exchange exchange) {
        Reply reply = one.askAndKeep(exchange, provider);
        assertThat(isHit(reply)).isFalse();
        Eventually.until(() -> isIndexed(exchange, Asked.MODEL));
        return reply;
    }

    private boolean isIndexed(Exchange exchange, Model model) {
        Scope scope = Scope.of(Settings.Scope.TENANT, exchange.caller());
        Question question = Dialect.of(exchange.request().endpoint()).question(exchange.request()).orElse(null);
        if (question == null) {
            return false;
        }
        String partition = Partition.of(exchange.request(), model, scope, question, embedder.id());
        String identity = Identity.of(exchange.request(), model, scope).value();
        String hits = store.keys().partition(partition, kind.name().toLowerCase(Locale.ROOT) + ":hits");
        return one.await(store.call(Command.ZSCORE, hits, identity)) != null;
    }

    static CacheStatus cache(Reply reply) {
        return reply.receipt().cache().orElseThrow();
    }

    static Nearest nearest(Reply miss) {
        return ((CacheStatus.Miss) cache(miss)).nearest().orElseThrow();
    }

    private static Exchange wishing(String body, CacheWish wish, double threshold) {
        Exchange exchange = exchange(body, wish);
        return Exchange.of(exchange.id(), exchange.request(), exchange.caller(),
                new Wishes(Optional.empty(), wish, OptionalDouble.of(threshold), Optional.empty(),
                        OptionalLong.empty()))
                .with(exchange.route());
    }

    @Test
    void theSameQuestionInOtherWordsIsAHitThatCostsNothing() {
        Reply first = store(exchange(explain));

        Reply second = other.ask(exchange(what), provider);

        assertThat(text(second)).isEqualTo(text(first));
        assertThat(second.receipt().cost()).isEqualTo(Money.ZERO);
        assertThat(second.receipt().savedByCache()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
        CacheStatus.SemanticHit hit = (CacheStatus.SemanticHit) cache(second);
        assertThat(hit.nearest().similarity()).isCloseTo(.896, within(.01));
        assertThat(hit.nearest().same()).isTrue();
        assertThat(hit.ttlSeconds()).isBetween(7_100L, 7_200L);
        assertThat(provider.calls).hasValue(1);
        assertThat(other.await(other.administration.figures()).semanticHits()).isPositive();
    }

    @Test
    void theOppositeIsAMissThatSaysWhy() {
        store(exchange(explain));

        Reply miss = other.ask(exchange(opposite), provider);

        assertThat(isHit(miss)).isFalse();
        assertThat(nearest(miss).similarity()).isCloseTo(.961, within(.01));
        assertThat(nearest(miss).same()).isFalse();
        assertThat(other.meters.get("sluice.cache.refusals").tag("reason", nearest(miss).verdict()).counter()
                .count()).isEqualTo(1);
        assertThat(comparisons(other)).isEqualTo(Map.of("compared", 1.0));
        assertThat(provider.calls).hasValue(2);
    }

    /** By outcome, those that happened. */
    private static Map<String, Double> comparisons(Replica replica) {
        return replica.meters.get("sluice.cache.comparisons").counters().stream().filter(c -> c.count() > 0)
                .collect(Collectors.toMap(c -> c.getId().getTag("outcome"), Counter::count));
    }

    @Test
    void whatWasNotComparedIsAMissAndCountedByWhy() {
        Replica loading = replica(kind, Duration.ofSeconds(20), new Silent(false));
        Replica late = replica(kind, Duration.ofMillis(50), new Silent(true));
        String ofTooManyWords = question("a ".repeat(300));

        assertThat(isHit(loading.ask(exchange(explain), provider))).isFalse();
        assertThat(isHit(late.ask(exchange(what), provider))).isFalse();
        assertThat(isHit(one.ask(exchange(ofTooManyWords), provider))).isFalse();

        assertThat(comparisons(loading)).isEqualTo(Map.of("loading", 1.0));
        assertThat(comparisons(late)).isEqualTo(Map.of("late", 1.0));
        assertThat(comparisons(one)).isEqualTo(Map.of("no_vector", 1.0));
    }

    private Replica replica(IndexKind index, Duration timeout, Embedder silent) {
        return new Replica(redis, store, Replica.settings(Settings.Scope.TENANT, new Settings.Semantic(true, 0.92,
                Verify.BALANCED, 10_000, Settings.EmbedderKind.ONNX, index, 1_000, timeout, Optional.empty())), false,
                silent);
    }

    /** Never answers. */
    private record Silent(boolean ready) implements Embedder {
        @Override
        public String id() {
            return "silent";
        }

        @Override
        public int dimensions() {
            return 384;
        }

        @Override
        public Uni<float[]> embed(String tenant, String text) {
            return Uni.createFrom().nothing();
        }
    }

    /** Has time for those that can wait only. */
    private record Crowded(Embedder embedder) implements Embedder {
        @Override
        public String id() {
            return embedder.id();
        }

        @Override
        public int dimensions() {
            return embedder.dimensions();
        }

        @Override
        public Uni<float[]> embed(String tenant, String text) {
            return Uni.createFrom().nothing();
        }

        @Override
        public Uni<float[]> embedLater(String tenant, String text) {
            return embedder.embedLater(tenant, text);
        }
    }

    @Test
    void whatCouldNotBeComparedInACrowdIsFoundLater() {
        one = replica(kind, Duration.ofMillis(50), new Crowded(embedder));
        store(exchange(explain));

        assertThat(comparisons(one)).isEqualTo(Map.of("late", 1.0));
        assertThat(isHit(other.ask(exchange(what), provider))).isTrue();
    }

    @Test
    void withoutAVerifierTheOppositeIsServed() {
        one = replica(Verify.OFF);
        store(exchange(explain));

        assertThat(isHit(one.ask(exchange(opposite), provider))).isTrue();
        assertThat(isHit(one.ask(exchange(what), provider))).as("below the threshold").isFalse();
    }

    @Test
    void questionsThatMustNeverBeTakenForEachOtherAreNot() {
        Map<String, String> pairs = Map.of("What is 17 plus 25?", "What is 17 plus 26?", "How do I enable SSH?",
                "How do I disable SSH?", "What is the capital of France?", "What is the capital of Finland?",
                "Translate hello to French", "Translate hello to German", "How do I install Python 2?",
                "How do I install Python 3?");
        pairs.keySet().forEach(asked -> store(exchange(question(asked))));

        assertThat(pairs.values()).allSatisfy(
                asked -> assertThat(isHit(one.ask(exchange(question(asked)), provider))).as(asked).isFalse());
    }

    @Test
    void aClientMayWantOnlyTheVerySameWordsOrMoreLikenessButNotLess() {
        store(exchange(explain));
        CacheWish exactOnly = new CacheWish(Lookup.EXACT, false, false, OptionalLong.empty(), false);
        CacheWish noStore = new CacheWish(Lookup.SEMANTIC, false, true, OptionalLong.empty(), false);

        assertThat(isHit(one.ask(exchange(what.replace("?", "??"), exactOnly), provider))).isFalse();
        assertThat(isHit(one.ask(wishing(what, noStore, .95), provider))).isFalse();
        assertThat(isHit(one.ask(wishing(what, noStore, .1), provider))).isTrue();
        assertThat(isHit(one.ask(wishing(opposite, noStore, .1), provider))).isFalse();
    }

    @Test
    void noCacheAndAgeHoldForOtherWordsToo() {
        store(exchange(explain));
        CacheWish noCache = new CacheWish(Lookup.SEMANTIC, true, false, OptionalLong.empty(), false);
        CacheWish fresh = new CacheWish(Lookup.SEMANTIC, false, true, OptionalLong.of(0), false);
        CacheWish onlyCached = new CacheWish(Lookup.SEMANTIC, false, false, OptionalLong.empty(), true);

        assertThat(isHit(one.ask(exchange(what, fresh), provider))).isFalse();
        assertThat(isHit(one.ask(exchange(what, onlyCached), provider))).isTrue();
        assertThat(isHit(one.ask(exchange(what, noCache), provider))).isFalse();
    }

    @Test
    void anAnswerThatWasAskedForAnewIsFoundByOtherWordsToo() {
        CacheWish noCache = new CacheWish(Lookup.SEMANTIC, true, false, OptionalLong.empty(), false);
        store(exchange(explain, noCache));

        assertThat(isHit(one.ask(exchange(what), provider))).isTrue();
    }

    @Test
    void whatIsPurgedIsNotServedToOtherWordsAndItsVectorGoes() {
        Exchange stored = exchange(explain);
        store(stored);
        one.await(one.administration.purge(Optional.of("tenant"), Optional.empty()));

        assertThat(isHit(other.ask(exchange(what.replace("Was", "was"),
                new CacheWish(Lookup.SEMANTIC, false, true, OptionalLong.empty(), false)), provider))).isFalse();
        Eventually.until(() -> !isIndexed(stored, Asked.MODEL));
    }

    @Test
    void whoIsAboutToBeRefusedGetsNoVectors() {
        store(exchange(explain));
        Exchange exchange = exchange(what);
        one.refused.add(exchange.caller());

        assertThat(isHit(one.ask(exchange, provider))).isFalse();
        assertThat(isHit(one.ask(exchange(explain), provider))).as("the very same").isTrue();
    }

    @Test
    void onlyAQuestionInWordsIsCompared() {
        String ofTools = what.replace("}]}", "}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}");
        String ofPicture = what.replace("\"Was sind die Vorteile von Python-Generatoren?\"",
                "[{\"type\":\"text\",\"text\":\"Was sind die Vorteile von Python-Generatoren?\"},"
                        + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.org/a.png\"}}]");
        String begun = what.replace("}]}", "},{\"role\":\"assistant\",\"content\":\"Sie\"}]}");
        String tooLong = question("Was sind die Vorteile von Python-Generatoren? ".repeat(30));

        for (String body : List.of(ofTools, ofPicture, begun, tooLong)) {
            Exchange asked = exchange(body);
            one.askAndKeep(asked, provider);
            assertThat(isHit(one.ask(exchange(body.replace("Was sind", "Erkläre").replace("?", "")), provider)))
                    .as(body).isFalse();
            assertThat(isIndexed(asked, Asked.MODEL)).as(body).isFalse();
        }
    }

    @Test
    void textInPartsIsComparedWithItsLike() {
        String parts = "[{\"type\":\"text\",\"text\":\"Was sind die Vorteile von Python-Generatoren?\"}]";
        String inParts = what.replace("\"Was sind die Vorteile von Python-Generatoren?\"", parts);
        store(exchange(inParts));

        assertThat(isHit(one.ask(exchange(inParts.replace("Was sind", "Erkläre").replace("?", "")), provider)))
                .isTrue();
    }

    @Test
    void anAnswerOfAFallbackIsFoundWhereTheFallbackIsAsked() {
        Model fallback = new Model("fallback", "p", "upstream-f", Optional.of(Asked.PRICE), 0, 0, List.of());
        Exchange asked = exchange(explain);
        one.ask(asked, new Provider().insteadBy(fallback));
        Eventually.until(() -> isIndexed(asked, fallback));

        assertThat(isHit(other.ask(exchange(what, fallback, "tenant", "key", CacheWish.DEFAULT), provider))).isTrue();
        assertThat(isHit(other.ask(exchange(opposite.replace("Nach", "Vor").replace("Erkläre", "Was sind")), provider)))
                .isFalse();
    }

    @Test
    void aKeyReportsItsOwnWrongHitAndNobodyElses() {
        store(exchange(explain));
        Exchange asked = exchange(what);
        assertThat(isHit(one.ask(asked, provider))).isTrue();
        Caller colleague = exchange(what, Asked.MODEL, "tenant", "colleague", CacheWish.DEFAULT).caller();
        Caller stranger = exchange(what, Asked.MODEL, "stranger", "key", CacheWish.DEFAULT).caller();

        assertThat(one.await(one.administration.removeServed(asked.id(), colleague))).isFalse();
        assertThat(one.await(one.administration.removeServed(asked.id(), stranger))).isFalse();
        assertThat(isHit(one.ask(exchange(what), provider))).isTrue();

        assertThat(one.await(other.administration.removeServed(asked.id(), asked.caller()))).isTrue();
        assertThat(isHit(one.ask(exchange(what), provider))).isFalse();
    }

    @Test
    void aPairThatWasReportedDoesNotHitAgainWhicheverIsStored() {
        store(exchange(explain));
        Exchange asked = exchange(what);
        assertThat(isHit(one.ask(asked, provider))).isTrue();
        assertThat(one.await(one.administration.removeServed(asked.id(), asked.caller()))).isTrue();

        store(exchange(explain));
        assertThat(isHit(other.ask(exchange(what), provider))).as("the same pair").isFalse();
        Eventually.until(() -> isHit(other.ask(exchange(what), provider)));
        one.await(one.administration.purge(Optional.of("tenant"), Optional.empty()));
        store(exchange(what));
        Exchange theOther = exchange(explain);
        assertThat(isHit(other.ask(theOther, provider))).as("the other way round").isFalse();
        // Asked until it is found, and never stored itself: what the purge left of the vector that was there before is
        // taken away by who finds it dead, and may be taken for the new one.
        CacheWish look = new CacheWish(Lookup.SEMANTIC, false, true, OptionalLong.empty(), true);
        Exchange another = exchange(question("Erklär mir die Vorteile von Python-Generatoren"), look);
        Eventually.until(() -> isHit(other.ask(another, provider)));
    }

    @Test
    void whoStoredAnAnswerHasNothingToReport() {
        Exchange asked = exchange(explain);
        store(asked);

        assertThat(one.await(one.administration.removeServed(asked.id(), asked.caller()))).isFalse();
        assertThat(one.await(one.administration.removeServed("unknown", asked.caller()))).isFalse();
        assertThat(isHit(one.ask(exchange(explain), provider))).isTrue();
    }

    @Test
    void aPreviewSaysWhatWouldBeAndChangesNothing() {
        store(exchange(explain));

        assertThat(one.await(one.preview(exchange(explain))).lookup()).isEqualTo("exact");
        assertThat(one.await(one.preview(exchange(what))).lookup()).isEqualTo("semantic");
        CachePreview preview = one.await(one.preview(exchange(opposite)));
        assertThat(preview.lookup()).isEqualTo("miss");
        assertThat(preview.nearest().orElseThrow().same()).isFalse();
        assertThat(one.meters.find("sluice.cache.refusals").counter()).isNull();
        assertThat(provider.calls).hasValue(1);
    }

    @Test
    void identicalRequestsAtTheSameTimeShareASemanticHit() {
        store(exchange(explain));
        List<Exchange> asked = IntStream.range(0, 50).mapToObj(i -> exchange(what)).toList();

        List<Reply> replies = asked.stream().map(e -> one.start(e, provider).subscribeAsCompletionStage()).toList()
                .stream().map(CompletableFuture::join).toList();

        assertThat(replies).allSatisfy(reply -> assertThat(cache(reply)).isInstanceOf(CacheStatus.SemanticHit.class));
        assertThat(one.await(one.administration.removeServed(asked.get(49).id(), asked.get(49).caller()))).isTrue();
        assertThat(isHit(one.ask(exchange(what), provider))).isFalse();
        assertThat(provider.calls).hasValue(2);
    }
}
