package dev.sluice.cache;

import dev.sluice.Reply.Refusal;
import dev.sluice.Usage;
import java.util.Optional;

/**
 * A piece of a running stream on its way to another replica.
 *
 * @param number from 1, without gaps
 * @param head of the first piece only
 * @param events the bytes of what was told since the piece before; comments are left out
 * @param last of the last piece only
 */
record Piece(long number, Optional<Head> head, byte[] events, Optional<Last> last) {

    /**
     * @param model name of the model that answers
     * @param contentType as the provider named it
     * @param expiresAt nobody may begin to follow it from then on: microseconds of Redis' clock
     */
    record Head(String model, String contentType, long expiresAt) {}

    /**
     * How it ended.
     *
     * @param failure why it ended before it was finished
     * @param usage as the provider counted it
     * @param cutShort whether the gateway itself bounded the output
     * @param rest the bytes of the terminal events
     */
    record Last(Optional<Refusal> failure, Usage usage, boolean cutShort, byte[] rest) {}
}
