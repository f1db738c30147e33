package dev.sluice.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Quota;
import java.util.ArrayList;
import java.util.List;

/**
 * What a key's buckets look like with hindsight: every call charged at its beginning with what it turned out to use. If
 * that never exceeded the bucket when something was granted, no stretch of time saw more than the bucket and its refill.
 */
final class Rates {
    private static final long PER_UNIT = 60_000;

    private final List<Event> events = new ArrayList<>();
    private Quota quota = Quota.UNLIMITED;
    private long lastTouch = Long.MIN_VALUE;

    private sealed interface Event permits Passed, Charge, Limit {
    }

    private record Passed(long millis) implements Event {}

    private record Limit(Quota quota) implements Event {}

    /** One that was granted has to fit into the bucket; what was used beyond the bound has not. */
    static final class Charge implements Event {
        private final boolean ofTokens;
        private final boolean granted;
        private long amount;

        private Charge(boolean ofTokens, boolean granted, long amount) {
            this.ofTokens = ofTokens;
            this.granted = granted;
            this.amount = amount;
        }

        void cancel() {
            amount = 0;
        }
    }

    /** The bucket is looked at: what has passed since the last look comes back, a clock set back takes nothing. */
    void touch(long now) {
        if (lastTouch != Long.MIN_VALUE && now > lastTouch) {
            events.add(new Passed(now - lastTouch));
        }
        lastTouch = now;
    }

    void limit(Quota changed) {
        if (!changed.equals(quota)) {
            quota = changed;
            events.add(new Limit(changed));
        }
    }

    Charge request() {
        return charge(false, quota.requestsPerMinute() == 0 ? 0 : 1);
    }

    Charge tokens(long tokens) {
        return charge(true, quota.tokensPerMinute() == 0 ? 0 : tokens);
    }

    private Charge charge(boolean ofTokens, long amount) {
        Charge charge = new Charge(ofTokens, true, amount);
        events.add(charge);
        return charge;
    }

    /** Known at last: unused below zero is an overrun. */
    void settle(List<Charge> charges, long unused, long share) {
        boolean counted = charges.stream().anyMatch(charge -> charge.amount > 0);
        if (unused < 0 && counted) {
            events.add(new Charge(true, false, -unused));
        }
        long left = Math.min(unused, share);
        for (int i = charges.size() - 1; i >= 0 && left > 0; i--) {
            Charge charge = charges.get(i);
            long back = Math.min(left, charge.amount);
            charge.amount -= back;
            left -= back;
        }
    }

    void requireNeverAbove() {
        Quota limit = Quota.UNLIMITED;
        long tokens = 0;
        long requests = 0;
        for (Event event : events) {
            if (event instanceof Limit changed) {
                limit = changed.quota();
                tokens = limit.tokensPerMinute() == 0 ? 0 : tokens;
                requests = limit.requestsPerMinute() == 0 ? 0 : requests;
            } else if (event instanceof Passed passed) {
                tokens = Math.max(0, tokens - passed.millis() * limit.tokensPerMinute());
                requests = Math.max(0, requests - passed.millis() * limit.requestsPerMinute());
            } else if (event instanceof Charge charge && charge.amount > 0) {
                if (charge.ofTokens) {
                    tokens += charge.amount * PER_UNIT;
                    assertThat(!charge.granted || tokens <= limit.tokensPerMinute() * PER_UNIT)
                            .as("%d tokens used of %d", tokens / PER_UNIT, limit.tokensPerMinute()).isTrue();
                } else {
                    requests += PER_UNIT;
                    assertThat(requests <= limit.burst() * PER_UNIT)
                            .as("%d requests used of %d", requests / PER_UNIT, limit.burst()).isTrue();
                }
            }
        }
    }
}
