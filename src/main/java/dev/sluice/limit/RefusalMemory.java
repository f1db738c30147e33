package dev.sluice.limit;

import dev.sluice.limit.Decision.Kind;
import dev.sluice.limit.Decision.Refused;

/**
 * The last refusal of a holder, so that repeating it needs no round trip. It is forgotten when it may not hold any
 * longer: after its wait, after a second at the latest (other replicas give back too), when this replica gives something
 * back, and with its holder when limits change. Something smaller than what was refused may fit, and is asked for.
 */
final class RefusalMemory {
    static final long MOST_MILLIS = 1000;

    private volatile Remembered last;

    private record Remembered(Refused refused, long atMillis, long untilMillis, long tokens, long nanos) {}

    void remember(Refused refused, Demand demand, long nowMillis) {
        if (refused.kind() == Kind.RESERVED) {
            return; // any settlement on any replica may change that
        }
        long millis = refused.waitMillis() > 0 ? Math.min(refused.waitMillis(), MOST_MILLIS) : MOST_MILLIS;
        last = new Remembered(refused, nowMillis, nowMillis + millis, demand.leastTokens(), demand.leastNanos());
    }

    void forget() {
        if (last != null) {
            last = null;
        }
    }

    /** What every request is refused for now, whatever its size; null: none is. */
    Refused ofAny(long nowMillis) {
        Remembered known = current(nowMillis);
        return known != null && known.refused.kind() == Kind.REQUESTS ? aged(known, nowMillis) : null;
    }

    /** What this demand is refused for now; null: it is not known to be. */
    Refused of(Demand demand, long nowMillis) {
        Remembered known = current(nowMillis);
        if (known == null) {
            return null;
        }
        boolean refused = switch (known.refused.kind()) {
            case REQUESTS -> true;
            case TOKENS, SIZE -> demand.leastTokens() >= known.tokens;
            case DAY, MONTH -> demand.leastNanos() >= known.nanos;
            case RESERVED -> false;
        };
        return refused ? aged(known, nowMillis) : null;
    }

    boolean isCurrent(long nowMillis) {
        return current(nowMillis) != null;
    }

    private Remembered current(long nowMillis) {
        Remembered known = last;
        return known == null || nowMillis >= known.untilMillis ? null : known;
    }

    private static Refused aged(Remembered known, long nowMillis) {
        Refused refused = known.refused;
        return refused.waitMillis() == 0
                ? refused
                : new Refused(refused.kind(), refused.scope(), refused.waitMillis() - (nowMillis - known.atMillis),
                        refused.levels());
    }
}
