package dev.sluice.cache;

/**
 * What a stored answer is about, so that it can be found by another wording. It is kept with the answer and not with the
 * vector: what a look-up serves is judged by what is sealed together with the answer.
 *
 * @param partition hash of everything around the question; empty: the answer is not for other wordings
 * @param question the user's last message
 */
record Subject(String partition, String question) {
    static final Subject NONE = new Subject("", "");
}
