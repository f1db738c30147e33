package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;
import java.math.BigDecimal;
import java.util.List;

/**
 * A chat completion as a request to Anthropic's Messages API.
 * <p>
 * What was said becomes {@link TurnsOfChat}, what may be called {@link ToolsOfChat}; the rest is here. Members that
 * Anthropic's API knows and OpenAI's does not ({@code thinking}, {@code top_k}, {@code cache_control}) are passed on, as
 * Anthropic's own compatibility layer does.
 */
final class ChatRequestAsMessages {
    private static final String TYPE = "type";
    private static final String TEXT = "text";
    private static final String CACHE_CONTROL = "cache_control";
    private static final List<String> ANTHROPICS_OWN = List.of("thinking", "top_k", CACHE_CONTROL);
    /** Without them the answer would not be what was asked for. */
    private static final List<String> WITHOUT_A_WORD = List.of("functions", "function_call", "web_search_options",
            "audio");

    private final ObjectNode chat;
    private final String model;
    private final ObjectNode request = Tree.object();

    private ChatRequestAsMessages(ObjectNode chat, String model) {
        this.chat = chat;
        this.model = model;
    }

    /**
     * @param chat valid JSON whose messages are objects with a role
     * @param model what the provider calls the model
     * @throws Untranslatable
     */
    static byte[] translate(byte[] chat, String model) {
        ObjectNode tree = Tree.read(chat)
                .orElseThrow(() -> new Untranslatable(null, "The body must be a JSON object."));
        return Tree.bytes(new ChatRequestAsMessages(tree, model).translate());
    }

    private ObjectNode translate() {
        refuseWhatCannotBeSaid();
        request.set("model", chat.path("model"));
        addBound();
        TurnsOfChat.add(chat, request);
        ToolsOfChat.add(chat, request);
        addSampling();
        addOutput();
        addUser();
        for (String name : ANTHROPICS_OWN) {
            if (Tree.has(chat, name)) {
                request.set(name, chat.get(name));
            }
        }
        if (chat.path("stream").isBoolean()) {
            request.set("stream", chat.get("stream"));
        }
        return request;
    }

    private void refuseWhatCannotBeSaid() {
        if (chat.path("n").asInt(1) > 1) {
            throw refused("n", "gives one answer a request: leave `n` out or set it to 1");
        }
        if (chat.path("logprobs").asBoolean() || Tree.has(chat, "top_logprobs")) {
            throw refused("logprobs", "tells no log-probabilities");
        }
        for (String name : WITHOUT_A_WORD) {
            if (Tree.has(chat, name)) {
                throw refused(name, name.startsWith("function") ? "takes `tools` instead" : "has nothing like it");
            }
        }
        for (JsonNode modality : chat.path("modalities")) {
            if (!modality.asText().equals(TEXT)) {
                throw refused("modalities", "answers in text only");
            }
        }
    }

    private void addBound() {
        long bound = Math.max(chat.path("max_tokens").asLong(), chat.path("max_completion_tokens").asLong());
        if (bound > 0) {
            request.put("max_tokens", bound);
        }
    }

    private void addSampling() {
        JsonNode temperature = chat.path("temperature");
        if (temperature.isNumber()) { // to 2 here, to 1 there
            request.set("temperature", temperature.decimalValue().compareTo(BigDecimal.ONE) > 0
                    ? DecimalNode.valueOf(BigDecimal.ONE)
                    : temperature);
        }
        JsonNode topP = chat.path("top_p");
        if (topP.isNumber() && topP.decimalValue().compareTo(BigDecimal.ONE) < 0) { // 1 says nothing, beside a temperature too much
            request.set("top_p", topP);
        }
        JsonNode stop = chat.path("stop");
        if (stop.isTextual()) {
            request.putArray("stop_sequences").add(stop);
        } else if (stop.isArray() && !stop.isEmpty()) {
            request.set("stop_sequences", stop);
        }
    }

    private void addOutput() {
        ObjectNode output = Tree.object();
        JsonNode format = chat.path("response_format");
        switch (Tree.text(format, TYPE)) {
            case "", TEXT -> {
                // what it does anyway
            }
            case "json_schema" -> {
                ObjectNode schema = output.putObject("format").put(TYPE, "json_schema");
                schema.set("schema", format.path("json_schema").path("schema"));
            }
            default -> throw refused("response_format", "answers in JSON only by a schema: use `json_schema`");
        }
        String effort = Effort.ofChat(Tree.text(chat, "reasoning_effort"));
        if (!effort.isEmpty() && Effort.isKnownTo(model)) {
            output.put("effort", effort);
        }
        if (!output.isEmpty()) {
            request.set("output_config", output);
        }
    }

    private void addUser() {
        String user = Tree.has(chat, "safety_identifier")
                ? Tree.text(chat, "safety_identifier")
                : Tree.text(chat, "user");
        if (!user.isEmpty()) {
            request.putObject("metadata").put("user_id", user);
        }
    }

    /** It may stand at any block, message or tool. */
    static void passCacheControl(JsonNode from, ObjectNode to) {
        if (Tree.has(from, CACHE_CONTROL)) {
            to.set(CACHE_CONTROL, from.get(CACHE_CONTROL));
        }
    }

    /** @param predicate continues "Anthropic's API, which serves this model, …" */
    static Untranslatable refused(String param, String predicate) {
        return new Untranslatable(param, "Anthropic's API, which serves this model, " + predicate + ".");
    }
}
