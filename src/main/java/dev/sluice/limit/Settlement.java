package dev.sluice.limit;

import dev.sluice.Money;
import dev.sluice.Usage;

/**
 * How a lease ends.
 *
 * @param reserved false: there was no lease, nothing being limited or Redis away
 * @param unsent no provider was asked: the request is given back too
 * @param tokens charged to the buckets
 * @param cost what the answer cost, as far as it is known
 * @param unsettled what a provider may bill without having told: charged as it was reserved
 * @param reservedAt milliseconds of Redis' clock
 * @param endedAt the same clock
 * @param model for the usage row
 * @param requests how many it counts for in the usage row; 0 when another row counts it
 * @param failures the same
 * @param usage for the usage row
 * @param savedByRouting for the usage row
 */
record Settlement(boolean reserved, boolean unsent, long tokens, Money cost, Money unsettled, long reservedAt,
        long endedAt, String model, int requests, int failures, Usage usage, Money savedByRouting) {}
