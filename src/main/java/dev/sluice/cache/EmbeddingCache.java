package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.Stage.Next;
import dev.sluice.Usage;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.cache.ExactCache.Findings;
import dev.sluice.cache.ExactCache.Part;
import dev.sluice.cache.Purges.View;
import dev.sluice.dialect.Embeddings;
import dev.sluice.dialect.Embeddings.Piece;
import dev.sluice.json.Json;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Embeddings are kept by input: of a batch only what is not known is asked for, each text once, and paid. The tokens that
 * the provider counted for it are shared out among its inputs by their length, so that what a hit saved is known.
 */
final class EmbeddingCache {
    private static final long MICROS_PER_SECOND = 1_000_000;

    private final ExactCache exact;
    private final Journal journal;

    EmbeddingCache(ExactCache exact, Journal journal) {
        this.exact = exact;
        this.journal = journal;
    }

    Uni<Reply> apply(Exchange exchange, Scope scope, Next next) {
        CacheWish wish = exchange.wishes().cache();
        Batch batch = new Batch(exchange, scope);
        Uni<Findings> lookup = wish.noCache()
                ? exact.skip().map(finding -> new Findings(finding.view(), Collections.nCopies(batch.count(), null)))
                : exact.findEach(batch.identities, batch.model, scope);
        return lookup.chain(findings -> {
            batch.found(findings, wish.maxAgeSeconds());
            if (batch.unknown.isEmpty()) {
                return Uni.createFrom().item(hit(batch));
            }
            journal.count(Tally.MISSES);
            return wish.onlyIfCached() ? CacheStage.notCached() : ask(batch, next);
        });
    }

    private Reply hit(Batch batch) {
        Receipt receipt = Receipt.fromCache(batch.model, batch.foundUsage(), batch.status());
        batch.noteHits();
        journal.count(Tally.EXACT_HITS);
        journal.saved(receipt.savedByCache());
        return new Answer(200, "application/json",
                Embeddings.join(batch.pieces(), batch.model.name(), batch.foundUsage().inputTokens()), receipt);
    }

    private Uni<Reply> ask(Batch batch, Next next) {
        boolean whole = batch.unknown.size() == batch.count();
        Exchange rest = whole
                ? batch.exchange
                : batch.exchange.with(Embeddings.asking(batch.exchange.request(), batch.unknownInputs()));
        return next.apply(rest).map(reply -> reply instanceof Answer answer && answer.ok()
                ? answered(batch, answer, whole)
                : reply.with(reply.receipt().with(new CacheStatus.Miss(false))));
    }

    private Reply answered(Batch batch, Answer answer, boolean whole) {
        List<Piece> pieces = Embeddings.pieces(answer.body(), batch.unknown.size()).orElse(null);
        if (pieces == null) {
            return whole
                    ? answer.with(answer.receipt().with(new CacheStatus.Miss(false)))
                    : Refusal.of(502, "upstream_error", "upstream_error",
                            "The provider's answer is not one embedding for each input.")
                            .with(answer.receipt().with(new CacheStatus.Miss(false)));
        }
        boolean stored = batch.keep(pieces, answer);
        if (whole) {
            return answer.with(answer.receipt().with(new CacheStatus.Miss(stored)));
        }
        Usage known = batch.foundUsage();
        Receipt receipt = answer.receipt().sparing(batch.model.cost(known)).with(batch.status(stored));
        batch.noteHits();
        journal.saved(receipt.savedByCache());
        return new Answer(200, answer.contentType(), Embeddings.join(batch.pieces(), batch.model.name(),
                known.inputTokens() + answer.receipt().usage().inputTokens()), receipt);
    }

    /** One request: its inputs, and what is known of each. */
    private final class Batch {
        private final Exchange exchange;
        private final Scope scope;
        private final Model model;
        private final int[] inputs;
        private final List<Identity> identities;
        /** What is not known, with the number of the first input that asks for it. */
        private final Map<Identity, Integer> unknown = new LinkedHashMap<>();
        private final Map<Identity, Piece> pieces = new LinkedHashMap<>();
        private List<Entry> found;
        private View view;

        Batch(Exchange exchange, Scope scope) {
            this.exchange = exchange;
            this.scope = scope;
            this.model = exchange.route().model();
            Request request = exchange.request();
            this.inputs = Embeddings.inputs(request.body());
            this.identities = Identity.ofEach(request, model, scope, "input", inputs);
        }

        int count() {
            return inputs.length;
        }

        void found(Findings findings, OptionalLong maxAgeSeconds) {
            view = findings.view();
            found = new ArrayList<>(findings.entries());
            for (int i = 0; i < inputs.length; i++) {
                Entry entry = found.get(i);
                if (entry != null && maxAgeSeconds.isPresent() && age(entry) >= maxAgeSeconds.getAsLong()) {
                    entry = null;
                    found.set(i, null);
                }
                if (entry == null) {
                    unknown.putIfAbsent(identities.get(i), i);
                } else {
                    pieces.computeIfAbsent(identities.get(i), new PieceOf(entry)::piece);
                }
            }
        }

        private record PieceOf(Entry entry) {
            Piece piece(Identity identity) {
                return Piece.ofBytes(entry.body());
            }
        }

        private long age(Entry entry) {
            return Math.max(0, view.now() - entry.createdAt()) / MICROS_PER_SECOND;
        }

        int[] unknownInputs() {
            return unknown.values().stream().mapToInt(i -> inputs[i]).toArray();
        }

        int hits() {
            return (int) found.stream().filter(entry -> entry != null).count();
        }

        /** Of the inputs that were known, each as often as it was asked for. */
        Usage foundUsage() {
            long tokens = found.stream().filter(entry -> entry != null).mapToLong(entry -> entry.usage().inputTokens())
                    .sum();
            return new Usage(tokens, 0, 0);
        }

        CacheStatus status() {
            long ttl = Long.MAX_VALUE;
            long age = 0;
            for (Entry entry : found) {
                ttl = Math.min(ttl, (entry.expiresAt() - view.now()) / MICROS_PER_SECOND);
                age = Math.max(age, age(entry));
            }
            return new CacheStatus.ExactHit(ttl, age);
        }

        CacheStatus status(boolean stored) {
            int hits = hits();
            return hits == 0 ? new CacheStatus.Miss(stored) : new CacheStatus.Partial(hits, count(), stored);
        }

        /** In the order of the inputs. */
        List<Piece> pieces() {
            return identities.stream().map(pieces::get).toList();
        }

        void noteHits() {
            int number = 0;
            for (int i = 0; i < inputs.length; i++) {
                if (found.get(i) != null) {
                    journal.touched(Note.hit(scope, identities.get(i), exchange, model)
                            .as(ServedRequests.part(exchange.id(), number++)));
                }
            }
        }

        /** Whether the new ones will be kept: under the model that served, should it not be the one that was asked. */
        boolean keep(List<Piece> news, Answer answer) {
            List<Integer> numbers = List.copyOf(unknown.values());
            List<Identity> asked = List.copyOf(unknown.keySet());
            for (int i = 0; i < news.size(); i++) {
                pieces.put(asked.get(i), news.get(i));
            }
            Model served = answer.receipt().model().orElse(null);
            if (served == null || exchange.wishes().cache().noStore()) {
                return false;
            }
            List<Identity> own = served.equals(model)
                    ? asked
                    : Identity.ofEach(exchange.request(), served, scope, "input", unknownInputs());
            long[] tokens = sharedOut(answer.receipt().usage().inputTokens(), numbers);
            List<Part> parts = new ArrayList<>(news.size());
            for (int i = 0; i < news.size(); i++) {
                parts.add(new Part(own.get(i), new Usage(tokens[i], 0, 0), news.get(i).bytes()));
            }
            return exact.keepEach(parts, hits(), served, scope, exchange, view);
        }

        /** By length, and to the last token. */
        private long[] sharedOut(long tokens, List<Integer> numbers) {
            Json body = exchange.request().body();
            long length = 0;
            for (int number : numbers) {
                length += body.end(inputs[number]) - body.start(inputs[number]);
            }
            long[] shares = new long[numbers.size()];
            long before = 0;
            for (int i = 0; i < shares.length; i++) {
                long after = before + body.end(inputs[numbers.get(i)]) - body.start(inputs[numbers.get(i)]);
                shares[i] = tokens * after / length - tokens * before / length;
                before = after;
            }
            return shares;
        }
    }
}
