package dev.sluice.ledger;

import dev.sluice.Reply;
import java.util.Locale;

/** How a request ended. */
enum Outcome {
    SUCCESS, CLIENT_ERROR, SERVER_ERROR, CANCELLED;

    private static final int BAD_REQUEST = 400;
    private static final int SERVER_FAULT = 500;

    private final String label = name().toLowerCase(Locale.ROOT);

    static Outcome of(Reply reply) {
        return of(reply.status());
    }

    static Outcome of(Reply.End end) {
        if (end.abandoned()) {
            return CANCELLED;
        }
        return end.failure().map(Outcome::of).orElse(SUCCESS);
    }

    private static Outcome of(int status) {
        if (status >= SERVER_FAULT) {
            return SERVER_ERROR;
        }
        return status >= BAD_REQUEST ? CLIENT_ERROR : SUCCESS;
    }

    String label() {
        return label;
    }
}
