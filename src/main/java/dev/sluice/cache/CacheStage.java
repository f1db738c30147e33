package dev.sluice.cache;

import dev.sluice.CacheStatus;
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
import dev.sluice.config.Settings;
import dev.sluice.dialect.Dialect;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Answers what was answered before, or is being answered by another replica, and keeps what is answered now. Without
 * Redis every request is a miss.
 */
@Singleton
public final class CacheStage implements Stage {
    private static final long MICROS_PER_SECOND = 1_000_000;

    private final ExactCache exact;
    private final Elsewhere elsewhere;
    private final Leases leases;
    private final Journal journal;
    private final EmbeddingCache embeddings;
    private final boolean enabled;
    private final Settings.Scope sharing;

    @Inject
    CacheStage(ExactCache exact, Elsewhere elsewhere, Leases leases, Journal journal, Settings settings) {
        this(exact, elsewhere, leases, journal, settings.cache());
    }

    CacheStage(ExactCache exact, Elsewhere elsewhere, Leases leases, Journal journal, Settings.Cache settings) {
        this.exact = exact;
        this.elsewhere = elsewhere;
        this.leases = leases;
        this.journal = journal;
        this.embeddings = new EmbeddingCache(exact, journal);
        this.enabled = settings.enabled();
        this.sharing = settings.scope();
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        CacheWish wish = exchange.wishes().cache();
        boolean embeds = exchange.request().endpoint() == Endpoint.EMBEDDINGS;
        if (embeds ? !takesPart(wish) : exchange.sharing().identity().isEmpty()) {
            return bypass(exchange, next);
        }
        Scope scope = Scope.of(sharing, exchange.caller());
        if (embeds) {
            return embeddings.apply(exchange, scope, next);
        }
        Identity identity = new Identity(exchange.sharing().identity().get());
        return find(identity, exchange).flatMap(outcome -> {
            Finding finding = outcome.finding();
            Entry entry = finding.entry().orElse(null);
            if (entry != null && isYoungEnough(entry, finding, wish.maxAgeSeconds())) {
                return Uni.createFrom().item(answer(entry, identity, scope, exchange, outcome));
            }
            journal.count(Tally.MISSES);
            return wish.onlyIfCached() ? notCached() : ask(identity, scope, exchange, finding, next);
        });
    }

    private boolean takesPart(CacheWish wish) {
        return enabled && wish.lookup() != Lookup.OFF && !(wish.noCache() && wish.noStore());
    }

    private Uni<Outcome> find(Identity identity, Exchange exchange) {
        if (exchange.wishes().cache().noCache()) {
            return exact.skip().map(finding -> new Outcome(finding, false));
        }
        Model model = exchange.route().model();
        return exchange.sharing().alone()
                ? exact.find(identity, model).map(finding -> new Outcome(finding, false))
                : elsewhere.findOrClaim(identity, model);
    }

    private Uni<Reply> bypass(Exchange exchange, Next next) {
        if (enabled) {
            journal.count(Tally.BYPASSED);
        }
        Uni<Reply> reply = exchange.wishes().cache().onlyIfCached() ? notCached() : next.apply(exchange);
        return reply.map(r -> r.amend(receipt -> receipt.with(new CacheStatus.Bypass())));
    }

    static Uni<Reply> notCached() {
        Refusal refusal = Refusal.of(504, "invalid_request_error", "not_cached",
                "There is no stored answer to this request, and `only-if-cached` forbids asking for a new one.");
        return Uni.createFrom().item(refusal.with(Receipt.NONE.with(new CacheStatus.Miss(false))));
    }

    private static boolean isYoungEnough(Entry entry, Finding finding, OptionalLong maxAgeSeconds) {
        return maxAgeSeconds.isEmpty() || ageMicros(entry, finding) / MICROS_PER_SECOND < maxAgeSeconds.getAsLong();
    }

    private static long ageMicros(Entry entry, Finding finding) {
        return Math.max(0, finding.view().now() - entry.createdAt());
    }

    private Reply answer(Entry entry, Identity identity, Scope scope, Exchange exchange, Outcome outcome) {
        Model model = exchange.route().model();
        Finding finding = outcome.finding();
        CacheStatus status = outcome.waited()
                ? new CacheStatus.Collapsed()
                : new CacheStatus.ExactHit((entry.expiresAt() - finding.view().now()) / MICROS_PER_SECOND,
                        ageMicros(entry, finding) / MICROS_PER_SECOND);
        Receipt receipt = Receipt.fromCache(model, entry.usage(), status);
        journal.shared(outcome.waited() ? Tally.COALESCED : Tally.EXACT_HITS,
                Note.hit(scope, identity, exchange.id(), exchange.caller().tenant(), model.name()),
                receipt.savedByCache());
        return exact.recall(entry, exchange, receipt);
    }

    private Uni<Reply> ask(Identity identity, Scope scope, Exchange exchange, Finding finding, Next next) {
        Lease lease = finding.lease();
        if (lease == null) {
            return next.apply(exchange).map(reply -> kept(reply, identity, scope, exchange, finding));
        }
        leases.hold(lease);
        return next.apply(exchange).map(reply -> kept(reply, identity, scope, exchange, finding))
                .onFailure().invoke(defect -> leases.release(lease))
                .onCancellation().invoke(() -> leases.release(lease));
    }

    private Reply kept(Reply reply, Identity identity, Scope scope, Exchange exchange, Finding finding) {
        if (reply instanceof Stream stream && !exchange.wishes().cache().noStore()) {
            return Recording.of(stream, exchange, exact.maxBytes(),
                    whole -> keep(whole, identity, scope, exchange, finding))
                    .amend(receipt -> receipt.with(new CacheStatus.Miss(false)));
        }
        boolean stored = keep(exchange.wishes().cache().noStore() || !isWhole(reply, exchange)
                ? Optional.empty()
                : Optional.of((Answer) reply), identity, scope, exchange, finding);
        return reply.amend(receipt -> receipt.with(new CacheStatus.Miss(stored)));
    }

    /** Whether it is stored. A fallback's answer is, under the fallback's identity: the model asked has not answered. */
    private boolean keep(Optional<Answer> whole, Identity identity, Scope scope, Exchange exchange, Finding finding) {
        Model served = whole.flatMap(answer -> answer.receipt().model()).orElse(null);
        boolean own = exchange.route().model().equals(served);
        boolean stored = served != null && exact.keep(whole.get(), served,
                own ? identity : Identity.of(exchange.request(), served, scope), scope, exchange, finding,
                own ? finding.lease() : null);
        if (finding.lease() != null && !(stored && own)) {
            leases.release(finding.lease());
        }
        return stored;
    }

    /** Whether the reply to this request may stand for the replies to others. */
    static boolean isWhole(Reply reply, Exchange exchange) {
        return reply instanceof Answer answer && answer.ok() && answer.contentType() != null
                && Dialect.of(exchange.request().endpoint()).isWhole(answer.body(), !answer.receipt().cutShort());
    }
}
