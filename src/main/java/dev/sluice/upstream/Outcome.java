package dev.sluice.upstream;

import java.util.Locale;

/** How a call to a provider ended; the label of the meter. */
enum Outcome {
    SUCCESS, CLIENT_ERROR, RATE_LIMITED, SERVER_ERROR, TIMEOUT, CONNECTION, INVALID_ANSWER, CANCELLED;

    /** Whether the provider failed, so that its breaker has to know; a client's mistakes are none of its faults. */
    boolean providerFault() {
        return this == SERVER_ERROR || this == TIMEOUT || this == CONNECTION;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
