package dev.sluice.embedding;

/** That a text has no vector, or not soon enough; what wanted one goes on without it. The message holds nothing of it. */
public final class NotEmbedded extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotEmbedded(String message) {
        this(message, null);
    }

    NotEmbedded(String message, Throwable cause) {
        super(message, cause, false, false); // it is an everyday event, and happens under load
    }
}
