package dev.sluice.routing;

import java.util.OptionalLong;

/** How long models take to answer, as observed. */
@FunctionalInterface
public interface Latencies {

    /** Moving median in milliseconds; empty until enough calls of this model were observed. */
    OptionalLong medianMillis(String model);
}
