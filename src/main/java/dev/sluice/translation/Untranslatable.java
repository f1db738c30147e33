package dev.sluice.translation;

import java.util.Optional;

/** The client asks for something that the provider's dialect cannot say: a 400 for whoever asked. */
public final class Untranslatable extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String param;

    /**
     * @param param the request member at fault; null: none in particular
     * @param message one clear sentence for the developer who reads it
     */
    public Untranslatable(String param, String message) {
        super(message, null, false, false);
        this.param = param;
    }

    public Optional<String> param() {
        return Optional.ofNullable(param);
    }
}
