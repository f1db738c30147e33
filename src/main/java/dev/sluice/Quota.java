package dev.sluice;

/**
 * Limits of a key. Zero means unlimited, for each of them.
 *
 * @param requestsPerMinute the request bucket refills by a sixtieth of this a second
 * @param tokensPerMinute the token bucket holds this many and refills by a sixtieth of it a second
 * @param burst what the request bucket holds; at least 1 where requestsPerMinute is limited
 * @param budgetPerDay money per calendar day of the tenant's time zone
 * @param budgetPerMonth money per calendar month of the tenant's time zone
 */
public record Quota(long requestsPerMinute, long tokensPerMinute, long burst, Money budgetPerDay,
        Money budgetPerMonth) {

    public static final Quota UNLIMITED = new Quota(0, 0, 0, Money.ZERO, Money.ZERO);

    public boolean hasBudget() {
        return budgetPerDay.nanos() > 0 || budgetPerMonth.nanos() > 0;
    }
}
