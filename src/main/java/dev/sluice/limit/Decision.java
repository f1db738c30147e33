package dev.sluice.limit;

/** What the reserve script said. */
sealed interface Decision {

    /**
     * @param output tokens of an answer that are covered, per choice
     * @param redisMillis Redis' clock
     */
    record Granted(long output, Levels levels, long redisMillis) implements Decision {}

    /**
     * Nothing was reserved, in any scope.
     *
     * @param scope which of the holder's scopes said no, from 0
     * @param waitMillis until it would fit if nobody else came; 0: waiting does not help
     */
    record Refused(Kind kind, int scope, long waitMillis, Levels levels) implements Decision {}

    /** Too close to a limit for a rough bound. */
    record TooRough() implements Decision {}

    /** This lease has ended already. */
    record Ended() implements Decision {}

    /** What there is too little of. */
    enum Kind {
        /** The request bucket is empty. */
        REQUESTS,
        /** The token bucket holds too little. */
        TOKENS,
        /** The request is larger than the token bucket. */
        SIZE,
        /** The day's money is spent. */
        DAY,
        /** The month's money is spent. */
        MONTH,
        /** The money that is left is reserved by calls that are running. */
        RESERVED
    }
}
