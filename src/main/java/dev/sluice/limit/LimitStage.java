package dev.sluice.limit;

import dev.sluice.Caller;
import dev.sluice.Exchange;
import dev.sluice.Priority;
import dev.sluice.Reply;
import dev.sluice.Stage;
import dev.sluice.config.Settings;
import dev.sluice.redis.Outbox;
import dev.sluice.redis.SharedStore;
import dev.sluice.routing.Router;
import dev.sluice.tokens.PromptBound;
import dev.sluice.tokens.Tokenizers;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.function.Function;

/**
 * May this caller spend that much? Before the call an upper bound is reserved, after it what was really used is settled;
 * the client waits for the first, not for the second.
 */
@Singleton
public final class LimitStage implements Stage {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Limiter limiter;
    private final Sweeps sweeps;

    @Inject
    LimitStage(Settings settings, Vertx vertx, SharedStore store, Outbox outbox, Router router, Tokenizers tokenizers,
            MeterRegistry meters) {
        this(settings, vertx, store, outbox, router::priority, tokenizers, meters, LimitStore.Scripts.OURS);
    }

    LimitStage(Settings settings, Vertx vertx, SharedStore store, Outbox outbox,
            Function<Exchange, Priority> priorities, Tokenizers tokenizers, MeterRegistry meters,
            LimitStore.Scripts scripts) {
        LimitStore limits = new LimitStore(store, outbox, scripts, LimitStage::millis);
        LiveLeases live = new LiveLeases(limits, LimitStage::millis);
        Holders holders = new Holders(settings, store.keys(), Clock.systemUTC());
        Replicas replicas = new Replicas(store);
        ProviderGate providers = new ProviderGate(holders.providers(), vertx, settings.limits().maxWait(), priorities,
                LimitStage::millis);
        this.limiter = new Limiter(settings, holders, limits, live, providers, replicas,
                new PromptBound(tokenizers, settings.limits().imageTokens(),
                        settings.limits().audioTokens()),
                new LimitMeters(meters), LimitStage::millis);
        this.sweeps = new Sweeps(vertx, replicas, live, limits, holders);
    }

    /** Monotonic: what time passes on this replica, whatever becomes of its clock. */
    private static long millis() {
        return System.nanoTime() / NANOS_PER_MILLI;
    }

    void start(@Observes StartupEvent start) {
        sweeps.start();
    }

    void stop(@Observes ShutdownEvent stop) {
        sweeps.stop();
        limiter.store().settleAllNow();
    }

    /** Whether the next request of this caller is going to be refused, as far as this replica remembers. */
    public boolean refuses(Caller caller) {
        return limiter.refuses(caller);
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        return limiter.reserve(exchange).flatMap(outcome -> outcome.refusal() != null
                ? Uni.createFrom().item(outcome.refusal())
                : call(exchange, outcome.lease(), next));
    }

    private static Uni<Reply> call(Exchange exchange, Lease lease, Next next) {
        return next.apply(exchange.with(lease)).map(lease::settleWith)
                .onFailure().invoke(lease::abandon)
                .onCancellation().invoke(lease::abandon);
    }
}
