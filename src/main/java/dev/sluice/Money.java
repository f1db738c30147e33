package dev.sluice;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * An amount of US dollars in whole nano-dollars, so that headers, accounts and ledger add up to the last digit.
 *
 * @param nanos billionths of a dollar; may be negative (a debt); ±9.2 billion dollars
 */
public record Money(long nanos) implements Comparable<Money> {
    public static final Money ZERO = new Money(0);

    private static final int SCALE = 9;

    /** The nearest whole nano-dollar, half up. Round once per request: sums of rounded parts drift. */
    public static Money ofUsd(BigDecimal usd) {
        return new Money(usd.movePointRight(SCALE).setScale(0, RoundingMode.HALF_UP).longValueExact());
    }

    public Money plus(Money other) {
        return new Money(Math.addExact(nanos, other.nanos));
    }

    public Money minus(Money other) {
        return new Money(Math.subtractExact(nanos, other.nanos));
    }

    @Override
    public int compareTo(Money other) {
        return Long.compare(nanos, other.nanos);
    }

    /** A decimal string in dollars without exponent or trailing zeros: {@code 0.00042}, {@code 0}. */
    @Override
    public String toString() {
        if (nanos == 0) {
            return "0";
        }
        return BigDecimal.valueOf(nanos, SCALE).stripTrailingZeros().toPlainString();
    }
}
