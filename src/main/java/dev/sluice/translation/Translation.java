package dev.sluice.translation;

/** One request's way through a provider that speaks another dialect than the client. Immutable. */
public interface Translation {

    /** The request's body as the provider reads it; its model and a bound of ours are not yet in it. */
    byte[] request();

    /**
     * A whole 200 as the client reads it.
     *
     * @throws UnreadableAnswer where that is not an answer of the provider's dialect
     */
    byte[] answer(byte[] body);

    /** The body of a provider's 4xx as the client reads it, whatever it is. */
    byte[] error(int status, byte[] body);

    /** For one attempt at a stream; each has its own. */
    StreamTranslation stream();
}
