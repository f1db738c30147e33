package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;

/**
 * The {@code usage} of an answer in both dialects. OpenAI's prompt tokens are all of them; Anthropic's input tokens are
 * those that neither came from its prompt cache nor went there.
 */
final class UsageMembers {
    private static final String INPUT = "input_tokens";
    private static final String OUTPUT = "output_tokens";
    private static final String READ = "cache_read_input_tokens";
    private static final String WRITTEN = "cache_creation_input_tokens";
    private static final String PROMPT_DETAILS = "prompt_tokens_details";
    private static final String CACHED = "cached_tokens";
    private static final String CACHE_WRITE = "cache_write_tokens";

    private UsageMembers() {
    }

    static ObjectNode asChat(JsonNode messages) {
        long read = count(messages, READ);
        long written = count(messages, WRITTEN);
        long prompt = count(messages, INPUT) + read + written;
        long completion = count(messages, OUTPUT);
        ObjectNode usage = Tree.object().put("prompt_tokens", prompt).put("completion_tokens", completion)
                .put("total_tokens", prompt + completion);
        usage.putObject(PROMPT_DETAILS).put(CACHED, read).put(CACHE_WRITE, written);
        JsonNode thinking = messages.path("output_tokens_details").path("thinking_tokens");
        if (thinking.isNumber()) {
            usage.putObject("completion_tokens_details").set("reasoning_tokens", thinking);
        }
        return usage;
    }

    static ObjectNode asMessages(JsonNode chat) {
        JsonNode details = chat.path(PROMPT_DETAILS);
        long prompt = count(chat, "prompt_tokens");
        long read = Math.min(prompt, details.has(CACHED)
                ? count(details, CACHED)
                : count(chat, "prompt_cache_hit_tokens")); // DeepSeek's
        long written = Math.min(prompt - read, count(details, CACHE_WRITE));
        ObjectNode usage = Tree.object().put(INPUT, prompt - read - written).put(WRITTEN, written).put(READ, read)
                .put(OUTPUT, count(chat, "completion_tokens"));
        JsonNode reasoning = chat.path("completion_tokens_details").path("reasoning_tokens");
        if (reasoning.asLong() > 0) {
            usage.putObject("output_tokens_details").set("thinking_tokens", reasoning);
        }
        return usage;
    }

    /** What a stream says at its head, before anything is counted. */
    static ObjectNode unknown() {
        return Tree.object().put(INPUT, 0).put(WRITTEN, 0).put(READ, 0).put(OUTPUT, 0);
    }

    /** Later counts are totals and replace the earlier ones, where they are told. */
    static void update(ObjectNode usage, JsonNode later) {
        later.properties().forEach(count -> {
            if (!count.getValue().isNull()) {
                usage.set(count.getKey(), count.getValue());
            }
        });
    }

    private static long count(JsonNode usage, String name) {
        return Math.max(0, usage.path(name).asLong());
    }
}
