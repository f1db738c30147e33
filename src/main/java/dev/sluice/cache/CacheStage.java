package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Stage;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.cache.ExactCache.Finding;
import dev.sluice.config.Settings;
import dev.sluice.dialect.Dialect;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.OptionalLong;

/** Answers what was answered before, and keeps what is answered now. Without Redis every request is a miss. */
@Singleton
public final class CacheStage implements Stage {
    private static final long MICROS_PER_SECOND = 1_000_000;

    private final ExactCache exact;
    private final Journal journal;
    private final boolean enabled;
    private final Settings.Scope sharing;

    @Inject
    CacheStage(ExactCache exact, Journal journal, Settings settings) {
        this(exact, journal, settings.cache());
    }

    CacheStage(ExactCache exact, Journal journal, Settings.Cache settings) {
        this.exact = exact;
        this.journal = journal;
        this.enabled = settings.enabled();
        this.sharing = settings.scope();
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        CacheWish wish = exchange.wishes().cache();
        if (!takesPart(wish) || dialect(exchange).touchesUpstreamState(exchange.request())) {
            return bypass(exchange, next);
        }
        Scope scope = Scope.of(sharing, exchange.caller());
        Identity identity = Identity.of(exchange.request(), exchange.route().model(), scope);
        Uni<Finding> lookup = wish.noCache() ? exact.skip() : exact.find(identity, exchange.route().model());
        return lookup.flatMap(finding -> {
            Entry entry = finding.entry().orElse(null);
            if (entry != null && isYoungEnough(entry, finding, wish.maxAgeSeconds())) {
                return Uni.createFrom().item(hit(entry, identity, scope, exchange, finding));
            }
            journal.count(Tally.MISSES);
            return wish.onlyIfCached() ? notCached() : ask(identity, scope, exchange, finding, next);
        });
    }

    private boolean takesPart(CacheWish wish) {
        return enabled && wish.lookup() != Lookup.OFF && !(wish.noCache() && wish.noStore());
    }

    private Uni<Reply> bypass(Exchange exchange, Next next) {
        if (enabled) {
            journal.count(Tally.BYPASSED);
        }
        Uni<Reply> reply = exchange.wishes().cache().onlyIfCached() ? notCached() : next.apply(exchange);
        return reply.map(r -> r.amend(receipt -> receipt.with(new CacheStatus.Bypass())));
    }

    private static Uni<Reply> notCached() {
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

    private Reply hit(Entry entry, Identity identity, Scope scope, Exchange exchange, Finding finding) {
        Model model = exchange.route().model();
        CacheStatus status = new CacheStatus.ExactHit((entry.expiresAt() - finding.view().now()) / MICROS_PER_SECOND,
                ageMicros(entry, finding) / MICROS_PER_SECOND);
        Receipt receipt = Receipt.fromCache(model, entry.usage(), status);
        journal.hit(Note.hit(scope, identity, exchange.id(), exchange.caller().tenant(), model.name()),
                receipt.savedByCache());
        return new Answer(200, entry.contentType(), entry.body(), receipt);
    }

    private Uni<Reply> ask(Identity identity, Scope scope, Exchange exchange, Finding finding, Next next) {
        return next.apply(exchange).map(reply -> {
            boolean stored = !exchange.wishes().cache().noStore() && isWhole(reply, dialect(exchange))
                    && store((Answer) reply, identity, scope, exchange, finding);
            return reply.amend(receipt -> receipt.with(new CacheStatus.Miss(stored)));
        });
    }

    private static Dialect dialect(Exchange exchange) {
        return Dialect.of(exchange.request().endpoint());
    }

    private static boolean isWhole(Reply reply, Dialect dialect) {
        return reply instanceof Answer answer && answer.ok() && answer.contentType() != null
                && dialect.isWhole(answer.body(), !answer.receipt().cutShort());
    }

    /** A fallback's answer is kept under the fallback's identity: the model that was asked has not answered. */
    private boolean store(Answer answer, Identity identity, Scope scope, Exchange exchange, Finding finding) {
        Model served = answer.receipt().model().orElse(null);
        if (served == null) {
            return false;
        }
        Identity own = served.equals(exchange.route().model())
                ? identity
                : Identity.of(exchange.request(), served, scope);
        return exact.keep(answer, served, own, scope, exchange, finding);
    }
}
