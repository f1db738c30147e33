package dev.sluice.upstream;

/** No whole answer came; the message continues "The provider `x` …" and names no address. */
final class TransportFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean sent;

    /** @param sent whether the request may have reached the provider */
    TransportFault(boolean sent, String message) {
        super(message, null, false, false);
        this.sent = sent;
    }

    boolean sent() {
        return sent;
    }
}
