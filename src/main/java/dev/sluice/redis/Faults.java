package dev.sluice.redis;

import io.vertx.redis.client.impl.types.ErrorType;

/** Which failures mean that Redis cannot serve now, and which are its answer to a mistake of ours. */
final class Faults {
    /** The Redis that is connected serves nobody, or is not the one to write to: another connection may be better. */
    private static final String[] LOST = { "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "BUSY "};
    /** It refuses this write and serves others. */
    private static final String[] REFUSED = { "OOM", "MISCONF", "NOREPLICAS", "TRYAGAIN"};
    private static final String CLOSED = "CONNECTION_CLOSED";

    private Faults() {
    }

    /** Whether Redis itself said so, rather than the client about the connection. */
    static boolean answered(Throwable error) {
        return error instanceof ErrorType type && !type.is(CLOSED) && !type.is("ILLEGAL_STATE");
    }

    /** Whether the connection should be made anew. */
    static boolean connectionLost(Throwable error) {
        return answered(error) ? says(error, LOST) : !mistaken(error);
    }

    /** What the caller sees: {@link StoreUnavailable}, or the error of Redis itself. */
    static Throwable seenByCaller(Throwable error) {
        if (error instanceof StoreUnavailable || mistaken(error)) {
            return error;
        }
        if (!answered(error)) {
            return new StoreUnavailable("The connection to Redis is lost: " + sentence(error));
        }
        boolean refused = says(error, REFUSED);
        if (refused || says(error, LOST)) {
            return new StoreUnavailable("Redis cannot serve now: " + sentence(error), refused);
        }
        return error;
    }

    /** The client refuses a command whose keys are on different nodes. */
    private static boolean mistaken(Throwable error) {
        return error.getMessage() != null && error.getMessage().contains("CROSSSLOT");
    }

    static String sentence(Throwable error) {
        String message = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
        int end = message.indexOf('\n');
        String line = (end < 0 ? message : message.substring(0, end)).strip();
        return line.endsWith(".") ? line : line + ".";
    }

    private static boolean says(Throwable error, String[] codes) {
        String message = error.getMessage();
        if (message == null) {
            return false;
        }
        for (String code : codes) {
            // Before Redis 7 an error inside a script is wrapped in a sentence, the code follows a dash.
            if (message.startsWith(code) || message.startsWith("ERR Error") && message.contains("-" + code)) {
                return true;
            }
        }
        return false;
    }
}
