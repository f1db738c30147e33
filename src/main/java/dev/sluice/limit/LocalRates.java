package dev.sluice.limit;

import dev.sluice.Quota;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Rates while Redis is away: every replica grants its share of a limit, one part in as many as there were replicas when
 * they were last seen. Budgets are not known here.
 */
final class LocalRates {
    /** The request may use more than the limit allows in a minute. */
    static final long NEVER = Long.MAX_VALUE;

    private final Map<String, Buckets> buckets = new ConcurrentHashMap<>();

    /** Levels in sixty-thousandths, as everywhere. */
    private static final class Buckets {
        private double requests;
        private double tokens;
        private long atMillis;

        private Buckets(long nowMillis) {
            atMillis = nowMillis;
        }
    }

    /**
     * Takes one request and these tokens, or nothing.
     *
     * @return 0: granted; else milliseconds to wait, or {@link #NEVER}
     */
    long take(Holder holder, long tokens, int replicas, long nowMillis) {
        Quota quota = holder.quota();
        if (quota.requestsPerMinute() == 0 && quota.tokensPerMinute() == 0) {
            return 0;
        }
        if (quota.tokensPerMinute() > 0 && tokens > quota.tokensPerMinute()) {
            return NEVER;
        }
        Buckets state = buckets.computeIfAbsent(holder.scopeKey(), key -> new Buckets(nowMillis));
        synchronized (state) {
            double requestsBack = (double) quota.requestsPerMinute() / replicas;
            double tokensBack = (double) quota.tokensPerMinute() / replicas;
            long passed = Math.max(0, nowMillis - state.atMillis);
            state.requests = Math.max(0, state.requests - passed * requestsBack);
            state.tokens = Math.max(0, state.tokens - passed * tokensBack);
            state.atMillis = nowMillis;
            // A share is never less than one request, and a full one lends what a larger request needs on top.
            double requestsOver = state.requests + Levels.PER_UNIT
                    - Math.max(1, (double) quota.burst() / replicas) * Levels.PER_UNIT;
            double tokensOver = Math.min(state.tokens,
                    state.tokens + (tokens - tokensBack) * Levels.PER_UNIT);
            long wait = Math.max(quota.requestsPerMinute() == 0 ? 0 : wait(requestsOver, requestsBack),
                    quota.tokensPerMinute() == 0 ? 0 : wait(tokensOver, tokensBack));
            if (wait == 0) {
                state.requests += Levels.PER_UNIT;
                state.tokens += tokens * Levels.PER_UNIT;
            }
            return wait;
        }
    }

    private static long wait(double over, double back) {
        return over <= 0 ? 0 : (long) Math.ceil(over / back);
    }

    /** Redis is back: it knows better. */
    void clear() {
        if (!buckets.isEmpty()) {
            buckets.clear();
        }
    }
}
