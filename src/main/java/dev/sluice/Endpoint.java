package dev.sluice;

/** The doors of the gateway whose requests reach a model. */
public enum Endpoint {
    CHAT_COMPLETIONS("/chat/completions"), MESSAGES("/messages"), RESPONSES("/responses"), EMBEDDINGS("/embeddings");

    private final String path;

    Endpoint(String path) {
        this.path = path;
    }

    /** Whether an answer is generated, token by token; what does not has no output to bound, to price or to stream. */
    public boolean generates() {
        return this != EMBEDDINGS;
    }

    /** Path below a provider's base URL (and below our own {@code /v1}). */
    public String path() {
        return path;
    }
}
