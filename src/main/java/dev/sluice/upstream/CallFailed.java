package dev.sluice.upstream;

import dev.sluice.Reply;
import java.util.OptionalLong;

/** Carries the end of an attempt through the guards, which know failures by their exceptions. */
final class CallFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Reply reply;
    private final Outcome outcome;
    private final boolean retryable;
    private final transient OptionalLong retryAfterMillis;

    private CallFailed(Reply reply, Outcome outcome, boolean retryable, OptionalLong retryAfterMillis) {
        super(null, null, false, false);
        this.reply = reply;
        this.outcome = outcome;
        this.retryable = retryable;
        this.retryAfterMillis = retryAfterMillis;
    }

    /** The same call would fail again, or may not be repeated. */
    static CallFailed forGood(Reply reply, Outcome outcome) {
        return new CallFailed(reply, outcome, false, OptionalLong.empty());
    }

    /** The same call may succeed, after the pause that the provider asked for, if it did. */
    static CallFailed forNow(Reply reply, Outcome outcome, OptionalLong retryAfterMillis) {
        return new CallFailed(reply, outcome, true, retryAfterMillis);
    }

    /** Nobody was called, or we gave up ourselves. */
    static CallFailed byUs(Reply reply) {
        return new CallFailed(reply, Outcome.CANCELLED, false, OptionalLong.empty());
    }

    /** The same failure where it is too late to try again. */
    CallFailed tooLate() {
        return new CallFailed(reply, outcome, false, OptionalLong.empty());
    }

    /** The same failure, told otherwise. */
    CallFailed with(Reply other) {
        return new CallFailed(other, outcome, retryable, retryAfterMillis);
    }

    /** What the client gets if this was the last attempt. */
    Reply reply() {
        return reply;
    }

    Outcome outcome() {
        return outcome;
    }

    boolean retryable() {
        return retryable;
    }

    OptionalLong retryAfterMillis() {
        return retryAfterMillis;
    }
}
