package dev.sluice.limit;

import dev.sluice.Model;
import dev.sluice.Reply.Refusal;
import dev.sluice.limit.Decision.Refused;

/** What clients are told when a limit stands in the way; a sentence each. */
final class Refusals {
    private static final int TOO_MANY = 429;
    private static final String RATE = "rate_limit_exceeded";
    private static final String QUOTA = "insufficient_quota";
    private static final long SECOND = 1000;

    private Refusals() {
    }

    /** @param whose "key" or "tenant" */
    static Refusal of(Refused refused, String whose) {
        return switch (refused.kind()) {
            case REQUESTS -> wait("The requests per minute of this " + whose + " are used up.", refused.waitMillis());
            case TOKENS -> wait("The tokens per minute of this " + whose + " are used up.", refused.waitMillis());
            case SIZE -> never("The request may use more tokens than this " + whose
                    + " is allowed in a minute: shorten the prompt or lower max_tokens.");
            case DAY -> never("What is left of this " + whose + "'s budget for today does not cover the request.");
            case MONTH ->
                never("What is left of this " + whose + "'s budget for this month does not cover the request.");
            case RESERVED -> never("What is left of this " + whose
                    + "'s budget is reserved by requests that are running.");
        };
    }

    /** 503, which lets another provider be tried; {@link #providerBusy} is what the client gets if there is none. */
    static Refusal providerFull(String provider, long waitMillis) {
        Refusal refusal = Refusal.of(503, "server_error", "overloaded",
                "The requests or tokens per minute of the provider `" + provider + "` are used up.");
        return waitMillis > 0 ? refusal.retryAfter(seconds(waitMillis)) : refusal;
    }

    /** 429 for what {@link #providerFull} said. */
    static Refusal providerBusy(Refusal full) {
        return new Refusal(TOO_MANY, "rate_limit_error", java.util.Optional.of(
                full.retryAfterSeconds().isPresent() ? RATE : QUOTA), full.param(), full.message(),
                full.retryAfterSeconds(), full.receipt());
    }

    static Refusal withoutPrice(Model model) {
        return Refusal.of(403, "permission_error", "model_without_price", "The model `" + model.name()
                + "` has no price, so a key or tenant with a money budget may not use it.");
    }

    static Refusal storeUnavailable() {
        return Refusal.of(503, "server_error", "store_unavailable",
                "The limits of this key cannot be checked at the moment.").retryAfter(1);
    }

    static Refusal ended() {
        return Refusal.of(503, "server_error", "store_unavailable",
                "The reservation for this request has ended.").retryAfter(1);
    }

    static Refusal wait(String message, long millis) {
        return Refusal.of(TOO_MANY, "rate_limit_error", RATE, message).retryAfter(seconds(millis));
    }

    private static Refusal never(String message) {
        return Refusal.of(TOO_MANY, QUOTA, QUOTA, message);
    }

    private static long seconds(long millis) {
        return (millis + SECOND - 1) / SECOND;
    }
}
