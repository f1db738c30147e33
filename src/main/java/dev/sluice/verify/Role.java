package dev.sluice.verify;

/** What a word does in a question besides meaning something. */
enum Role {
    /** Carries no content. */
    FUNCTION,
    /** Asks, and nothing else. */
    ASKING,
    /** Asks, and nothing else, where a command begins; elsewhere it is a word like others. */
    COMMAND,
    /** May be left out. */
    COURTESY,
    /** Begins a question that is not answered by yes or no. */
    WH,
    /** Begins one that is, where it comes first. */
    AUXILIARY, NEGATION,
    /** Says that something holds for nothing else. */
    RESTRICTION,
    /** Joins what may change places. */
    CONJUNCTION,
    /** Begins a clause. */
    CLAUSE,
    /** May begin a command. */
    VERB,
    /** Commands an answer of some kind wherever a command begins. */
    REPLY,
    /** Tells how to answer; on one side only it makes another request of the same question. */
    STEERING,
    /** Several of them may do so. */
    ANSWERING,
    /** Tells that something does not work: who has a problem does not ask how it is done. */
    TROUBLE;

    int bit() {
        return 1 << ordinal();
    }
}
