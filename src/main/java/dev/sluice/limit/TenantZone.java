package dev.sluice.limit;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;

/**
 * A tenant's calendar as the scripts need it: they have Redis' clock but no time zones, so they are told the offset from
 * UTC now, the instant of its next change and the offset after it.
 */
final class TenantZone {
    static final TenantZone UTC = new TenantZone(ZoneOffset.UTC, Clock.systemUTC());

    private static final long NEVER = 1L << 40;

    private final ZoneId zone;
    private final Clock clock;
    private volatile Offsets current;

    TenantZone(ZoneId zone, Clock clock) {
        this.zone = zone;
        this.clock = clock;
        this.current = offsets(clock.instant());
    }

    /** The next change in seconds since 1970, and what the scripts are told until then. */
    private record Offsets(long change, byte[] told) {
        Offsets(long now, long change, long after) {
            this(change, Numbers.of(now, change, after));
        }
    }

    /** Seconds ahead of UTC, the next change in seconds since 1970, seconds ahead of UTC from then on; not to be changed. */
    byte[] offsets() {
        Offsets known = current;
        if (clock.millis() / 1000 >= known.change()) {
            known = offsets(clock.instant());
            current = known;
        }
        return known.told();
    }

    private Offsets offsets(Instant instant) {
        int now = zone.getRules().getOffset(instant).getTotalSeconds();
        ZoneOffsetTransition next = zone.getRules().nextTransition(instant);
        return next == null
                ? new Offsets(now, NEVER, now)
                : new Offsets(now, next.toEpochSecond(), next.getOffsetAfter().getTotalSeconds());
    }
}
