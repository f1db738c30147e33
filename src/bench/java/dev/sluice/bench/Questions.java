package dev.sluice.bench;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Bodies of chat completions of some 400 bytes: always the same one, or never the same twice. */
final class Questions {
    private static final String DIGITS = "000000000000";
    private static final String TEXT = "Please explain to a new colleague how a token bucket works, which two numbers it"
            + " needs, how it differs from a leaky bucket, and when you would rather take a sliding window. "
            + "Give one example with numbers. Ticket ";

    private final byte[] template;
    private final int digits;
    private final AtomicLong asked;

    private Questions(String ticket, AtomicLong asked) {
        template = ("{\"model\":\"bench\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a patient teacher.\"},"
                + "{\"role\":\"user\",\"content\":\"" + TEXT + ticket + DIGITS + "\"}],\"max_tokens\":300}")
                .getBytes(StandardCharsets.UTF_8);
        digits = new String(template, StandardCharsets.UTF_8).indexOf(DIGITS);
        this.asked = asked;
    }

    static Questions same() {
        return new Questions("the-same-", null);
    }

    static Questions different() {
        return new Questions(Long.toString(System.nanoTime(), Character.MAX_RADIX).toLowerCase(Locale.ROOT) + "-",
                new AtomicLong());
    }

    byte[] next() {
        byte[] body = template.clone();
        if (asked != null) {
            long number = asked.incrementAndGet();
            for (int i = digits + DIGITS.length() - 1; number > 0; i--) {
                body[i] = (byte) ('0' + number % 10);
                number /= 10;
            }
        }
        return body;
    }
}
