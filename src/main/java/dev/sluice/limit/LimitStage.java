package dev.sluice.limit;

import dev.sluice.Exchange;
import dev.sluice.Reply;
import dev.sluice.Stage;
import dev.sluice.config.Settings;
import dev.sluice.redis.Outbox;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;

/**
 * May this caller spend that much? Before the call an upper bound is reserved, after it what was really used is settled;
 * the client waits for the first, not for the second.
 */
@Singleton
public final class LimitStage implements Stage {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Limiter limiter;

    @Inject
    LimitStage(Settings settings, SharedStore store, Outbox outbox, PromptBound prompts, LimitMeters meters) {
        this(settings, store, outbox, prompts, meters, LimitStore.Scripts.load());
    }

    LimitStage(Settings settings, SharedStore store, Outbox outbox, PromptBound prompts, LimitMeters meters,
            LimitStore.Scripts scripts) {
        LimitStore limits = new LimitStore(store, outbox, scripts, LimitStage::millis);
        LiveLeases live = new LiveLeases(limits, LimitStage::millis);
        this.limiter = new Limiter(settings, store.keys(), limits, live, prompts, meters, Clock.systemUTC(),
                LimitStage::millis);
    }

    private static long millis() {
        return System.nanoTime() / NANOS_PER_MILLI;
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        return limiter.reserve(exchange).flatMap(outcome -> outcome.refusal() != null
                ? Uni.createFrom().item(outcome.refusal())
                : call(exchange, outcome.lease(), next));
    }

    private static Uni<Reply> call(Exchange exchange, Lease lease, Next next) {
        return next.apply(exchange.with(lease)).map(lease::settle)
                .onFailure().invoke(lease::abandon)
                .onCancellation().invoke(lease::abandon);
    }
}
