package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Caller;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Stage;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.cache.Elsewhere.Outcome;
import dev.sluice.cache.ExactCache.Finding;
import dev.sluice.cache.SemanticCache.Similar;
import dev.sluice.config.Settings;
import dev.sluice.dialect.Question;
import dev.sluice.limit.LimitStage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Answers what was answered before, in these words or in others, or is being answered by another replica, and keeps what
 * is answered now. Without Redis every request is a miss.
 */
@Singleton
public final class CacheStage implements Stage {
    private static final long MICROS_PER_SECOND = 1_000_000;

    private final ExactCache exact;
    private final SemanticCache semantic;
    private final Elsewhere elsewhere;
    private final Leases leases;
    private final Journal journal;
    private final EmbeddingCache embeddings;
    private final Predicate<Caller> refused;
    private final Eligibility eligibility;
    private final Settings.Scope sharing;

    @Inject
    CacheStage(ExactCache exact, SemanticCache semantic, Elsewhere elsewhere, Leases leases, Journal journal,
            LimitStage limit, Settings settings) {
        this(exact, semantic, elsewhere, leases, journal, limit::refuses, settings.cache());
    }

    /** @param refused whether a caller's next request is going to be refused: such a one gets no vectors and no lease */
    CacheStage(ExactCache exact, SemanticCache semantic, Elsewhere elsewhere, Leases leases, Journal journal,
            Predicate<Caller> refused, Settings.Cache settings) {
        this.exact = exact;
        this.semantic = semantic;
        this.elsewhere = elsewhere;
        this.leases = leases;
        this.journal = journal;
        this.embeddings = new EmbeddingCache(exact, journal);
        this.refused = refused;
        this.eligibility = Eligibility.of(settings);
        this.sharing = settings.scope();
    }

    /** A request and where its answer belongs. */
    private record Asked(Exchange exchange, Scope scope, Identity identity) {
        Model model() {
            return exchange.route().model();
        }

        CacheWish wish() {
            return exchange.wishes().cache();
        }

        boolean accepts(Finding finding) {
            return finding.entry().isPresent() && (wish().maxAgeSeconds().isEmpty()
                    || ageSeconds(finding) < wish().maxAgeSeconds().getAsLong());
        }
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        CacheWish wish = exchange.wishes().cache();
        boolean embeds = exchange.request().endpoint() == Endpoint.EMBEDDINGS;
        if (embeds ? !eligibility.admits(wish) : exchange.sharing().identity().isEmpty()) {
            return bypass(exchange, next);
        }
        Scope scope = Scope.of(sharing, exchange.caller());
        if (embeds) {
            return embeddings.apply(exchange, scope, next);
        }
        Asked asked = new Asked(exchange, scope, new Identity(exchange.sharing().identity().get()));
        return find(asked).flatMap(outcome -> outcome.told().isPresent() || asked.accepts(outcome.finding())
                ? Uni.createFrom().item(answer(asked, outcome))
                : askOtherwise(asked, outcome.finding(), next));
    }

    private Uni<Outcome> find(Asked asked) {
        if (asked.wish().noCache()) {
            return exact.skip().map(Outcome::new);
        }
        if (asked.exchange().sharing().alone()) {
            return exact.find(asked.identity(), asked.model(), asked.scope()).map(Outcome::new);
        }
        // Who is going to be refused would have to give a lease back at once.
        return refused.test(asked.exchange().caller())
                ? exact.see(asked.identity(), asked.model(), asked.scope())
                        .flatMap(seen -> seen.lease() == null
                                ? Uni.createFrom().item(new Outcome(seen))
                                : claim(asked))
                : claim(asked);
    }

    private Uni<Outcome> claim(Asked asked) {
        return elsewhere.findOrClaim(asked.identity(), asked.exchange(), asked.scope());
    }

    private Uni<Reply> bypass(Exchange exchange, Next next) {
        if (eligibility.enabled()) {
            journal.count(Tally.BYPASSED);
        }
        Uni<Reply> reply = exchange.wishes().cache().onlyIfCached() ? notCached() : next.apply(exchange);
        return reply.map(r -> r.amend(receipt -> receipt.with(new CacheStatus.Bypass())));
    }

    static Uni<Reply> notCached() {
        return notCached(Similar.NOTHING);
    }

    private static Uni<Reply> notCached(Similar similar) {
        Refusal refusal = Refusal.of(504, "invalid_request_error", "not_cached",
                "There is no stored answer to this request, and `only-if-cached` forbids asking for a new one.");
        return Uni.createFrom().item(refusal.with(Receipt.NONE.with(missed(false, similar))));
    }

    private static CacheStatus missed(boolean stored, Similar similar) {
        return new CacheStatus.Miss(stored, Optional.ofNullable(similar.nearest()));
    }

    private static long ageSeconds(Finding finding) {
        return Math.max(0, finding.view().now() - finding.entry().orElseThrow().createdAt()) / MICROS_PER_SECOND;
    }

    private static long ttlSeconds(Finding finding) {
        return (finding.entry().orElseThrow().expiresAt() - finding.view().now()) / MICROS_PER_SECOND;
    }

    private Reply answer(Asked asked, Outcome outcome) {
        if (outcome.told().isPresent()) {
            return noted(asked, outcome.told().get());
        }
        Finding finding = outcome.finding();
        return outcome.waited()
                ? answer(asked, asked.identity(), finding, Tally.COALESCED, new CacheStatus.Collapsed())
                : answer(asked, asked.identity(), finding, Tally.EXACT_HITS,
                        new CacheStatus.ExactHit(ttlSeconds(finding), ageSeconds(finding)));
    }

    /** What another replica has told counts as an answer once all of it has been told here. */
    private Stream noted(Asked asked, Stream told) {
        return told.ending(end -> {
            if (end.finished()) {
                journal.shared(Tally.COALESCED, Note.hit(asked.scope(), asked.identity(), asked.exchange(),
                        end.receipt().model().orElseThrow()), end.receipt().savedByCache());
            }
            return end;
        });
    }

    private Reply answer(Asked asked, Identity identity, Finding finding, Tally how, CacheStatus status) {
        Entry entry = finding.entry().orElseThrow();
        Receipt receipt = Receipt.fromCache(asked.model(), entry.usage(), status);
        journal.shared(how, Note.hit(asked.scope(), identity, asked.exchange(), asked.model()),
                receipt.savedByCache());
        return exact.recall(entry, asked.exchange(), receipt);
    }

    /** Nobody has asked in these words. The lease, where there is one, is ours until the answer is kept or there is none. */
    private Uni<Reply> askOtherwise(Asked asked, Finding finding, Next next) {
        Question question = finding.view() == null ? null : question(asked.exchange());
        Lease lease = finding.lease();
        if (lease == null) {
            return lookAndAsk(asked, finding, question, next);
        }
        leases.hold(lease);
        return lookAndAsk(asked, finding, question, next)
                .onFailure().invoke(defect -> leases.release(lease))
                .onCancellation().invoke(() -> leases.release(lease));
    }

    private Uni<Reply> lookAndAsk(Asked asked, Finding finding, Question question, Next next) {
        if (question == null || asked.wish().noCache()) {
            return miss(asked, finding, question, Similar.NOTHING, next);
        }
        return semantic.find(question, asked.exchange(), asked.identity(), asked.scope(), asked::accepts)
                .flatMap(similar -> {
                    semantic.count(similar);
                    return similar.hit() == null
                            ? miss(asked, finding, question, similar, next)
                            : Uni.createFrom().item(answer(asked, finding, similar));
                });
    }

    /** What may be asked in other words; null where only these very words count. */
    private Question question(Exchange exchange) {
        return exchange.wishes().cache().lookup() != Lookup.SEMANTIC || refused.test(exchange.caller())
                ? null
                : semantic.question(exchange).orElse(null);
    }

    private Reply answer(Asked asked, Finding finding, Similar similar) {
        if (finding.lease() != null) {
            leases.release(finding.lease());
        }
        Finding found = similar.hit().finding();
        Identity identity = similar.hit().identity();
        semantic.served(similar.hit());
        return answer(asked, identity, found, Tally.SEMANTIC_HITS, new CacheStatus.SemanticHit(similar.nearest(),
                identity.value(), ttlSeconds(found), ageSeconds(found)));
    }

    private Uni<Reply> miss(Asked asked, Finding finding, Question question, Similar similar, Next next) {
        journal.count(Tally.MISSES);
        return asked.wish().onlyIfCached()
                ? notCached(similar)
                : next.apply(asked.exchange()).map(reply -> kept(reply, asked, finding, question, similar));
    }

    private Reply kept(Reply reply, Asked asked, Finding finding, Question question, Similar similar) {
        boolean wanted = !asked.wish().noStore();
        if (reply instanceof Stream stream && wanted) {
            return Recording.of(stream, asked.exchange(), exact.maxBytes(),
                    whole -> keep(whole, asked, finding, question, similar))
                    .amend(receipt -> receipt.with(missed(false, similar)));
        }
        boolean stored = keep(
                wanted && isWhole(reply) ? Optional.of((Answer) reply) : Optional.empty(),
                asked, finding, question, similar);
        return reply.amend(receipt -> receipt.with(missed(stored, similar)));
    }

    /** Whether it is stored. A fallback's answer is, under the fallback's identity: the model asked has not answered. */
    private boolean keep(Optional<Answer> whole, Asked asked, Finding finding, Question question, Similar similar) {
        Model served = whole.flatMap(answer -> answer.receipt().model()).orElse(null);
        boolean own = asked.model().equals(served);
        boolean stored = served != null && keep(whole.get(), served, own, asked, finding, question, similar);
        if (finding.lease() != null && !(stored && own)) {
            leases.release(finding.lease());
        }
        return stored;
    }

    private boolean keep(Answer answer, Model served, boolean own, Asked asked, Finding finding, Question question,
            Similar similar) {
        Exchange exchange = asked.exchange();
        Identity identity = own ? asked.identity() : Identity.of(exchange.request(), served, asked.scope());
        Subject subject = question == null
                ? Subject.NONE
                : semantic.subject(question, exchange, served, asked.scope());
        return exact.keep(answer, served, identity, asked.scope(), subject, exchange, finding,
                own ? finding.lease() : null, entry -> {
                    if (question != null) {
                        semantic.add(subject, identity, similar.vector(), entry.expiresAt(), entry.tenant());
                    }
                });
    }

    /** Whether this reply may stand for the replies to others. */
    static boolean isWhole(Reply reply) {
        return reply instanceof Answer answer && answer.ok() && answer.contentType() != null
                && answer.finish().isWhole(!answer.receipt().cutShort());
    }

    /** Looks and touches nothing: nothing is counted, and nobody is asked. Without Redis it is a miss. */
    public Uni<CachePreview> preview(Exchange exchange) {
        CacheWish wish = exchange.wishes().cache();
        if (!eligibility.admits(exchange)) {
            return Uni.createFrom().item(CachePreview.of("bypass"));
        }
        if (wish.noCache()) {
            return Uni.createFrom().item(CachePreview.of("miss"));
        }
        Scope scope = Scope.of(sharing, exchange.caller());
        Model model = exchange.route().model();
        Asked asked = new Asked(exchange, scope, Identity.of(exchange.request(), model, scope));
        return exact.find(asked.identity(), model, scope).flatMap(finding -> {
            if (asked.accepts(finding)) {
                return Uni.createFrom().item(CachePreview.of("exact"));
            }
            Question question = finding.view() == null ? null : question(exchange);
            return question == null
                    ? Uni.createFrom().item(CachePreview.of("miss"))
                    : semantic.find(question, exchange, asked.identity(), scope, asked::accepts)
                            .map(similar -> new CachePreview(similar.hit() == null ? "miss" : "semantic",
                                    Optional.ofNullable(similar.nearest())));
        });
    }
}
