package dev.sluice.upstream;

import dev.sluice.config.Settings;
import io.smallrye.faulttolerance.api.CustomBackoffStrategy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;

/**
 * Exponential back-off with full jitter (Brooker, "Exponential Backoff And Jitter", 2015), but never sooner than the
 * provider asked for. One instance serves one request.
 */
final class Backoff implements CustomBackoffStrategy {
    private static final int MAX_DOUBLINGS = 32;

    private final long baseMillis;
    private final long maxMillis;
    private final DoubleSupplier random;
    private final AtomicInteger retries = new AtomicInteger();

    /** @param random in 0..1, evenly */
    Backoff(Settings.Retry retry, DoubleSupplier random) {
        this.baseMillis = retry.baseDelay().toMillis();
        this.maxMillis = retry.maxDelay().toMillis();
        this.random = random;
    }

    @Override
    public long nextDelayInMillis(Throwable failure) {
        long ceiling = Math.min(maxMillis,
                (long) Math.scalb((double) baseMillis, Math.min(retries.getAndIncrement(), MAX_DOUBLINGS)));
        long jittered = (long) (ceiling * random.getAsDouble());
        return failure instanceof CallFailed failed
                ? Math.max(jittered, failed.retryAfterMillis().orElse(0))
                : jittered;
    }
}
