package dev.sluice.dialect;

import dev.sluice.Finish;
import dev.sluice.Usage;
import dev.sluice.sse.SseEvent;
import java.util.Optional;

/** Reads along with one stream of a provider, each event once. Not safe for several threads. */
public interface StreamReader {

    /**
     * @return the event for the client, which names the gateway's model where the provider named its own; marked as
     *         {@link SseEvent#hidden()} where the client did not ask for it
     */
    SseEvent read(SseEvent event);

    /** Whether the terminal event has been read: nothing can be missing. */
    boolean ended();

    /** Whether the answer can be complete although the terminal event is missing: all that was begun has ended. */
    boolean isComplete();

    /** Whether the last event read was the provider's own report of a fault, after which it tells nothing more. */
    boolean failed();

    /**
     * Whether what was told may stand for the next answer; see {@link Finish#isWhole}. False before the stream has
     * ended.
     */
    boolean isWhole(boolean boundCounts);

    /** As the provider counted; empty where it has not, or where the counts cannot be true. */
    Optional<Usage> usage();

    /** Everything that was told so far and that a provider counts as output: to be counted where it did not. */
    Told told();
}
