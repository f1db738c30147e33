package dev.sluice.routing;

import java.util.OptionalLong;

/** How long models take to answer, as observed. */
@FunctionalInterface
public interface Latencies {

    /**
     * Moving median in milliseconds; empty until enough calls of this model and kind were observed.
     *
     * @param streamed until the first event is there, else until the whole answer is: what a client waits for
     */
    OptionalLong medianMillis(String model, boolean streamed);
}
