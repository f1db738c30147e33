package dev.sluice.upstream;

import dev.sluice.Receipt;
import dev.sluice.Reply.Refusal;

/** What clients are told when a provider does not answer; a sentence each, with the provider's name, no address. */
final class Refusals {
    private Refusals() {
    }

    /** @param predicate continues "The provider `x` …" */
    static Refusal upstreamError(String provider, String predicate, boolean maybeBilled) {
        return billed(Refusal.of(502, "upstream_error", "upstream_error", sentence(provider, predicate)), maybeBilled);
    }

    static Refusal timeout(String provider, long millis) {
        return billed(Refusal.of(504, "upstream_timeout", "upstream_timeout",
                sentence(provider, "did not answer within " + millis + " ms")), true);
    }

    static Refusal idle(String provider, long millis) {
        return billed(Refusal.of(504, "upstream_timeout", "upstream_timeout",
                sentence(provider, "sent nothing for " + millis + " ms in the middle of its answer")), true);
    }

    /** Nobody is there to read it. */
    static Refusal clientGone() {
        return Refusal.of(499, "client_closed_request", "client_closed_request", "The client has gone away.");
    }

    static Refusal circuitOpen(String provider, long openForMillis) {
        return Refusal.of(503, "server_error", "circuit_open",
                sentence(provider, "failed too often of late and is being left alone for a while"))
                .retryAfter(RetryAfter.seconds(openForMillis));
    }

    static Refusal overloaded(String provider, int permits) {
        return Refusal.of(503, "server_error", "overloaded",
                sentence(provider, "is working for " + permits + " requests of this replica, and that is its limit"))
                .retryAfter(1);
    }

    private static Refusal billed(Refusal refusal, boolean maybeBilled) {
        return refusal.with(Receipt.failed(0, maybeBilled, 0));
    }

    private static String sentence(String provider, String predicate) {
        return "The provider `" + provider + "` " + predicate + ".";
    }
}
