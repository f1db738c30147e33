package dev.sluice.cache;

import dev.sluice.Usage;

/**
 * A stored answer. Times are microseconds of Redis' clock.
 *
 * @param purgesSeen purges up to this time were known to the replica that stored it; a later one may concern it
 * @param tenant whose request was answered
 * @param model name of the model that answered
 * @param usage as the provider counted it
 * @param subject what was asked, for who asks the same in other words
 * @param contentType of the body: {@code text/event-stream} where the answer was told as a stream
 * @param body the bytes for the client; of a stream all its events
 */
record Entry(long createdAt, long expiresAt, long purgesSeen, String tenant, String model, Usage usage, Subject subject,
        String contentType, byte[] body) {}
