package dev.sluice.upstream;

import dev.sluice.Reply;
import dev.sluice.config.Settings;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.faulttolerance.api.TypedGuard;
import io.smallrye.mutiny.Uni;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * What stands between a provider's troubles and our callers: retries around a breaker, and permits. The library's own
 * time-out and bulkhead are not used: that time-out leaves the call running that it gave up (and wakes a thread for each
 * call), and that bulkhead insists on a queue and runs what waited there on another request's event loop. A
 * {@link ProviderCall} does both.
 */
final class Guards {
    private final TypedGuard<Uni<Reply>> guard;
    private final long breakerDelayNanos;
    private final int permits;
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile CircuitBreakerState state = CircuitBreakerState.CLOSED;
    private volatile long openedNanos;

    Guards(Settings.Provider.Remote provider) {
        permits = provider.maxConcurrent();
        breakerDelayNanos = provider.breaker().delay().toNanos();
        guard = TypedGuard.create(replies())
                .withDescription(provider.name())
                .withRetry()
                .maxRetries(provider.retry().maxAttempts() - 1)
                .maxDuration(0, ChronoUnit.MILLIS) // each attempt has a time-out, and their number a bound
                .whenException(failure -> failure instanceof CallFailed failed && failed.retryable())
                .withCustomBackoff()
                .strategy(() -> new Backoff(provider.retry(), () -> ThreadLocalRandom.current().nextDouble()))
                .done()
                .done()
                .withCircuitBreaker()
                .failureRatio(provider.breaker().failureRatio())
                .requestVolumeThreshold(provider.breaker().requestVolume())
                .delay(provider.breaker().delay().toMillis(), ChronoUnit.MILLIS)
                .successThreshold(1)
                .when(this::countsAgainstProvider)
                .onStateChange(this::changed)
                .done()
                .build();
    }

    @SuppressWarnings("unchecked")
    private static Class<Uni<Reply>> replies() {
        return (Class<Uni<Reply>>) (Class<?>) Uni.class;
    }

    /** The library makes its parts when it is first used. What never ends is an attempt that counts nowhere. */
    void prepare() {
        guard.get(() -> Uni.createFrom().nothing()).subscribe().with(never -> {});
    }

    /**
     * Makes attempts until one succeeds, fails for good, or was the last; none while the breaker is open.
     *
     * @return fails with the library's CircuitBreakerOpenException, or as the last attempt did
     */
    Uni<Reply> guarding(Supplier<Uni<Reply>> attempt) {
        return guard.get(attempt);
    }

    /** Tells the breaker of a call that failed after it had been told to be well. */
    void failedAfterAll(CallFailed failure) {
        guard.get(() -> Uni.createFrom().failure(failure)).subscribe().with(never -> {}, known -> {});
    }

    /** Whether the breaker waits for the outcome of a single call to decide about all others. */
    boolean probing() {
        return state == CircuitBreakerState.HALF_OPEN;
    }

    /** Whether there is room for one more call; to be given back by {@link #leave}. */
    boolean enter() {
        int now = inFlight.get();
        while (now < permits) {
            if (inFlight.compareAndSet(now, now + 1)) {
                return true;
            }
            now = inFlight.get();
        }
        return false;
    }

    void leave() {
        inFlight.decrementAndGet();
    }

    int inFlight() {
        return inFlight.get();
    }

    CircuitBreakerState breaker() {
        return state;
    }

    /** Milliseconds until an open breaker lets a call try; 0 when it is not open. */
    long openForMillis() {
        long left = breakerDelayNanos - (System.nanoTime() - openedNanos);
        return state == CircuitBreakerState.OPEN ? Math.max(0, left / 1_000_000) : 0;
    }

    private void changed(CircuitBreakerState now) {
        if (now == CircuitBreakerState.OPEN) {
            openedNanos = System.nanoTime();
        }
        state = now;
    }

    /** A probe that learnt nothing (the client left, no permit, no quota) must not close a breaker that was open. */
    private boolean countsAgainstProvider(Throwable failure) {
        if (!(failure instanceof CallFailed failed)) {
            return false; // a defect of ours
        }
        return failed.outcome().providerFault()
                || failed.outcome() == Outcome.CANCELLED && state == CircuitBreakerState.HALF_OPEN;
    }
}
