package dev.sluice.translation;

import dev.sluice.sse.SseEvent;
import java.util.List;

/**
 * The events of one stream as another dialect tells them, one after the other. It keeps what the next events depend on,
 * never what it has told.
 */
public interface StreamTranslation {

    /**
     * What this event comes to for the client: no event, one, or several.
     *
     * @throws UnreadableAnswer where it is not an event of the provider's dialect
     */
    List<SseEvent> take(SseEvent event);

    /** What is left to be told when the provider has closed; nothing where its stream was not finished. */
    List<SseEvent> end();
}
