package dev.sluice;

import java.util.Optional;
import java.util.OptionalLong;

/** What a request comes to. */
public sealed interface Reply permits Reply.Answer, Reply.Refusal {

    /** What is known about how the reply came to be. */
    Receipt receipt();

    Reply with(Receipt receipt);

    /**
     * A whole answer of a provider (or its replay from the cache), whatever its status: an upstream's 4xx is passed on.
     *
     * @param status HTTP status
     * @param contentType as the provider named it
     * @param body the bytes for the client
     * @param retryAfterSeconds when the provider asked to be tried again, with a status that says so
     */
    record Answer(int status, String contentType, byte[] body, OptionalLong retryAfterSeconds, Receipt receipt)
            implements
                Reply {

        public Answer(int status, String contentType, byte[] body, Receipt receipt) {
            this(status, contentType, body, OptionalLong.empty(), receipt);
        }

        @Override
        public Answer with(Receipt receipt) {
            return new Answer(status, contentType, body, retryAfterSeconds, receipt);
        }

        public boolean ok() {
            return status == 200;
        }
    }

    /**
     * The gateway's own no, rendered in the client's dialect.
     *
     * @param status HTTP status
     * @param type the envelope's {@code type}
     * @param code the envelope's {@code code}; empty: null
     * @param param the request member or header at fault; empty: null
     * @param message one clear sentence for the developer who reads it
     * @param retryAfterSeconds when trying again makes sense; empty where waiting does not help
     */
    record Refusal(int status, String type, Optional<String> code, Optional<String> param, String message,
            OptionalLong retryAfterSeconds, Receipt receipt) implements Reply {

        public static Refusal of(int status, String type, String code, String message) {
            return new Refusal(status, type, Optional.of(code), Optional.empty(), message, OptionalLong.empty(),
                    Receipt.NONE);
        }

        /** 400: the request itself is at fault. */
        public static Refusal invalid(String param, String message) {
            return new Refusal(400, "invalid_request_error", Optional.empty(), Optional.ofNullable(param), message,
                    OptionalLong.empty(), Receipt.NONE);
        }

        /** Waiting helps: whole seconds, at least one. */
        public Refusal retryAfter(long seconds) {
            return new Refusal(status, type, code, param, message, OptionalLong.of(Math.max(1, seconds)), receipt);
        }

        @Override
        public Refusal with(Receipt receipt) {
            return new Refusal(status, type, code, param, message, retryAfterSeconds, receipt);
        }
    }
}
