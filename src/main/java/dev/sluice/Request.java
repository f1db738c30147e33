package dev.sluice;

import dev.sluice.json.Json;
import java.util.Map;

/**
 * What a client asks for. The body is kept as the bytes that came, and forwarded as such; the other members are the few
 * things that the gateway has to understand of it, read once.
 *
 * @param endpoint where it came in, and where it goes at the provider
 * @param body the whole body, valid JSON, an object
 * @param model the model asked for, or one of the configured names that ask the gateway to choose
 * @param prompt text of the last user message, its text parts joined by line feeds; what scoring reads
 * @param outputBound the most output tokens the client allows per choice; 0: it did not say
 * @param choices how many answers are asked for ({@code n}); at least 1
 * @param streamed whether the answer is to be told in events as it comes
 * @param headers of the client that reach the provider and may change its answer, by their names in lower case
 */
public record Request(Endpoint endpoint, Json body, String model, String prompt, long outputBound, int choices,
        boolean streamed, Map<String, String> headers) {

    /** Without headers that matter. */
    public Request(Endpoint endpoint, Json body, String model, String prompt, long outputBound, int choices,
            boolean streamed) {
        this(endpoint, body, model, prompt, outputBound, choices, streamed, Map.of());
    }

    /** One that is to be answered whole. */
    public Request(Endpoint endpoint, Json body, String model, String prompt, long outputBound, int choices) {
        this(endpoint, body, model, prompt, outputBound, choices, false);
    }

    public Request with(Map<String, String> forwarded) {
        return new Request(endpoint, body, model, prompt, outputBound, choices, streamed, Map.copyOf(forwarded));
    }
}
