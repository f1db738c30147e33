package dev.sluice.bench;

import dev.sluice.Endpoint;
import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** What the microbenchmarks work on: a request such as the load's, and a longer one. */
public final class Samples {
    public static final String PROMPT = "Please explain to a new colleague how a token bucket works, which two numbers it"
            + " needs, how it differs from a leaky bucket, and when you would rather take a sliding window. "
            + "Give one example with numbers.";

    private Samples() {
    }

    /** A short one, another for each number. */
    public static String question(long number) {
        return "How do I change the PIN of my debit card? Ticket " + number;
    }

    /** @param characters of its prompt, at least */
    public static String prompt(int characters) {
        return (PROMPT + " ").repeat(1 + characters / PROMPT.length()).substring(0, Math.max(characters, 1));
    }

    public static byte[] body(String prompt) {
        return ("{\"model\":\"gpt-4.1\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a patient teacher.\"},"
                + "{\"role\":\"user\",\"content\":\"" + prompt + "\"}],\"temperature\":0.2,\"max_tokens\":300}")
                .getBytes(StandardCharsets.UTF_8);
    }

    public static Request request(String prompt) {
        return new Request(Endpoint.CHAT_COMPLETIONS, Json.parse(body(prompt)), "gpt-4.1", prompt, 300, 1);
    }

    public static Model model() {
        return new Model("gpt-4.1", "p", "gpt-4.1", Optional.empty(), 0, 0, List.of());
    }
}
