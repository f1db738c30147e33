package dev.sluice.cache;

import dev.sluice.CacheStatus.Nearest;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.cache.ExactCache.Finding;
import dev.sluice.cache.VectorIndex.Neighbour;
import dev.sluice.config.Settings;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.Question;
import dev.sluice.embedding.Embedder;
import dev.sluice.embedding.Embedders;
import dev.sluice.embedding.NotEmbedded;
import dev.sluice.redis.ForCache;
import dev.sluice.redis.SharedStore;
import dev.sluice.verify.Verdict;
import dev.sluice.verify.Verifier;
import dev.sluice.verify.Verifiers;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * Answers to the same question in other words. The stored questions nearest to the one asked are only proposals: each is
 * fetched as the entry it belongs to, so that its expiry, a purge and its seal hold as ever; it must name the partition
 * that is asked for; and its question, which is sealed with it, must pass the verifier. When in doubt, it is a miss.
 */
@Singleton
final class SemanticCache {
    private static final Logger LOG = Logger.getLogger(SemanticCache.class);
    /** The verifier refuses most that are near, so the nearest may not be the one; more than these never helped. */
    private static final int CANDIDATES = 8;
    private static final Pattern IDENTITY = Pattern.compile("[A-Za-z0-9_-]{43}");

    private final ExactCache exact;
    private final VectorIndex index;
    private final WrongPairs wrongPairs;
    private final Optional<Embedder> embedder;
    private final Verifier verifier;
    private final Vertx vertx;
    private final MeterRegistry meters;
    private final Map<Comparison, Counter> comparisons = new EnumMap<>(Comparison.class);
    private final double threshold;
    private final double least;
    private final int maxTextLength;
    private final Duration timeout;

    @Inject
    SemanticCache(ExactCache exact, @ForCache SharedStore store, WrongPairs wrongPairs, Embedders embedders,
            Vertx vertx,
            MeterRegistry meters, Settings settings) {
        this(exact, index(store.slow(), settings.cache().semantic()), wrongPairs, embedders.chosen(), vertx, meters,
                settings.cache().semantic());
    }

    SemanticCache(ExactCache exact, VectorIndex index, WrongPairs wrongPairs, Optional<Embedder> embedder, Vertx vertx,
            MeterRegistry meters,
            Settings.Semantic settings) {
        this.exact = exact;
        this.index = index;
        this.wrongPairs = wrongPairs;
        this.embedder = embedder.filter(some -> settings.enabled());
        this.verifier = Verifiers.of(settings.verify(), settings.threshold());
        this.vertx = vertx;
        this.meters = meters;
        for (Comparison how : Comparison.values()) {
            comparisons.put(how, Counter.builder("sluice.cache.comparisons")
                    .description("Questions that were to be compared with stored ones").tag("outcome", how.tag)
                    .register(meters));
        }
        this.threshold = settings.threshold();
        // A verifier knows paraphrases that lie lower; how much lower it may go follows the threshold.
        this.least = settings.threshold() - Math.max(0, Verifiers.PLAIN_THRESHOLD - verifier.floor());
        this.maxTextLength = settings.maxTextLength();
        this.timeout = settings.timeout();
    }

    static VectorIndex index(SharedStore store, Settings.Semantic settings) {
        VectorSetIndex vectorSet = new VectorSetIndex(store, settings.maxEntries());
        ScanIndex scan = new ScanIndex(store, settings.maxEntries());
        return switch (settings.index()) {
            case VECTORSET -> vectorSet;
            case SCAN -> scan;
            case AUTO -> new AutoIndex(vectorSet, scan, System::nanoTime);
        };
    }

    /** What may be asked in other words; empty where nothing is compared. */
    Optional<Question> question(Exchange exchange) {
        return embedder.isEmpty()
                ? Optional.empty()
                : Dialect.of(exchange.request().endpoint()).question(exchange.request())
                        .filter(question -> !question.text().isBlank() && question.text().length() <= maxTextLength);
    }

    /**
     * What a look-up came to.
     *
     * @param hit null where nothing is the same
     * @param nearest what came nearest; null where nothing was near
     * @param refusals the reasons why others were not served
     * @param vector of the question; null where there was none in time
     * @param how it was looked for; null where nothing was to be compared
     */
    record Similar(Hit hit, Nearest nearest, List<String> refusals, float[] vector, Comparison how) {

        static final Similar NOTHING = without(null, null);

        static Similar without(Comparison how, float[] vector) {
            return new Similar(null, null, List.of(), vector, how);
        }
    }

    /** Whether a question was compared with stored ones; if not, it was a miss because… */
    enum Comparison {
        COMPARED,
        /** the model was being loaded. */
        LOADING,
        /** there was no vector: too many were waiting for theirs, or who makes them is away. */
        NO_VECTOR,
        /** it took longer than the time-out. */
        LATE,
        /** Redis was away or refused. */
        FAILED;

        private final String tag = name().toLowerCase(Locale.ROOT);

        static Comparison without(Throwable trouble) {
            return trouble instanceof NotEmbedded ? NO_VECTOR : trouble instanceof TimeoutException ? LATE : FAILED;
        }
    }

    record Hit(Identity identity, Entry entry, Finding finding) {}

    private record Candidate(Identity identity, double cosine, Finding finding) {}

    /**
     * Never fails, and takes no longer than the time-out: then it is a miss. So is what is asked while a model is loaded.
     *
     * @param acceptable whether an entry is young enough for who asks
     */
    Uni<Similar> find(Question question, Exchange exchange, Identity asked, Scope scope,
            Predicate<Finding> acceptable) {
        if (!embedder.orElseThrow().ready()) {
            return Uni.createFrom().item(Similar.without(Comparison.LOADING, null));
        }
        Executor here = here();
        Model model = exchange.route().model();
        String partition = partition(question, exchange, model, scope);
        double floor = floor(exchange.wishes().threshold());
        float[][] embedded = new float[1][];
        return embedder.orElseThrow().embed(exchange.caller().tenant(), question.text())
                .emitOn(here)
                .invoke(vector -> embedded[0] = vector)
                .flatMap(vector -> index.nearest(partition, vector, CANDIDATES))
                .flatMap(neighbours -> fetch(neighbours, asked, floor, model, scope))
                .map(candidates -> judge(candidates, question.text(), partition, acceptable, embedded[0]))
                .ifNoItem().after(timeout).fail()
                .onFailure().invoke(SemanticCache::explain)
                .onFailure().recoverWithItem(
                        trouble -> Similar.without(Comparison.without(trouble), embedded[0]))
                .emitOn(here);
    }

    private static void explain(Throwable trouble) {
        LOG.debugf("No similar question was looked for: %s", trouble);
    }

    /** The caller's event loop, at once where it is there already. */
    private Executor here() {
        Context context = vertx.getOrCreateContext();
        return work -> {
            if (Vertx.currentContext() == context) {
                work.run();
            } else {
                context.runOnContext(ignored -> work.run());
            }
        };
    }

    private String partition(Question question, Exchange exchange, Model model, Scope scope) {
        return Partition.of(exchange.request(), model, scope, question, embedder.orElseThrow().id());
    }

    /** A wish may only raise what is configured. */
    private double floor(OptionalDouble wish) {
        return wish.isPresent() && wish.getAsDouble() > threshold ? wish.getAsDouble() : least;
    }

    private Uni<List<Candidate>> fetch(List<Neighbour> neighbours, Identity asked, double floor, Model model,
            Scope scope) {
        List<Uni<Candidate>> candidates = new ArrayList<>();
        for (Neighbour neighbour : neighbours) {
            if (neighbour.cosine() >= floor && IDENTITY.matcher(neighbour.identity()).matches()) {
                Identity identity = new Identity(neighbour.identity());
                candidates.add(exact.find(identity, model, scope)
                        .map(finding -> new Candidate(identity, neighbour.cosine(), finding)));
            }
        }
        return candidates.isEmpty()
                ? Uni.createFrom().item(List.of())
                : Uni.combine().all().unis(Uni.join().all(candidates).andFailFast(), wrongPairs.of(asked))
                        .with((all, wrong) -> all.stream()
                                .filter(candidate -> !wrong.contains(candidate.identity().value())).toList());
    }

    private Similar judge(List<Candidate> candidates, String asked, String partition, Predicate<Finding> acceptable,
            float[] vector) {
        Nearest nearest = null;
        List<String> refusals = new ArrayList<>();
        List<String> dead = new ArrayList<>();
        Similar similar = null;
        for (Candidate candidate : candidates) {
            Entry entry = candidate.finding().entry().orElse(null);
            if (entry == null || !entry.subject().partition().equals(partition)) {
                if (candidate.finding().view() != null) { // else Redis did not say
                    dead.add(candidate.identity().value());
                }
            } else if (similar == null && acceptable.test(candidate.finding())) {
                Verdict verdict = verifier.judge(entry.subject().question(), asked, candidate.cosine());
                Nearest judged = new Nearest(candidate.cosine(), verdict.same(), verdict.reason());
                if (verdict.same()) {
                    similar = new Similar(new Hit(candidate.identity(), entry, candidate.finding()), judged, refusals,
                            vector, Comparison.COMPARED);
                } else {
                    refusals.add(verdict.reason());
                    nearest = nearest == null ? judged : nearest;
                }
            }
        }
        if (!dead.isEmpty()) {
            afterwards(index.remove(partition, dead));
        }
        return similar == null ? new Similar(null, nearest, refusals, vector, Comparison.COMPARED) : similar;
    }

    /** To be told of each look-up that was for an answer. */
    void count(Similar similar) {
        comparisons.get(similar.how()).increment();
        similar.refusals().forEach(reason -> meters.counter("sluice.cache.refusals", "reason", reason).increment());
    }

    /** To be told when a hit was served. */
    void served(Hit hit) {
        afterwards(index.hit(hit.entry().subject().partition(), hit.identity().value(), hit.finding().view().now()));
    }

    Subject subject(Question question, Exchange exchange, Model served, Scope scope) {
        return new Subject(partition(question, exchange, served, scope), question.text());
    }

    /**
     * Lets a stored answer be found by other words from now on, or soon; nobody waits for it.
     *
     * @param vector null where it has to be made first
     */
    void add(Subject subject, Identity identity, float[] vector, long expiresAt, String tenant) {
        Uni<float[]> known = vector != null
                ? Uni.createFrom().item(vector)
                : embedder.orElseThrow().embedLater(tenant, subject.question()).emitOn(here());
        afterwards(known.flatMap(v -> index.add(subject.partition(), identity.value(), v, expiresAt)));
    }

    private static void afterwards(Uni<Void> work) {
        work.subscribe().with(done -> {}, lost -> LOG.debugf("The index of questions was not told: %s", lost));
    }
}
