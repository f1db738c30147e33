package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A chat completion as a request to Anthropic's Messages API.
 * <p>
 * System and developer messages become the system prompt, in their order; tool results join the user's turn; neighbours of
 * one role become one turn. Members that Anthropic's API knows and OpenAI's does not ({@code thinking}, {@code top_k},
 * {@code cache_control}) are passed on, as Anthropic's own compatibility layer does.
 */
final class ChatRequestAsMessages {
    private static final String TYPE = "type";
    private static final String TEXT = "text";
    private static final String CONTENT = "content";
    private static final String CACHE_CONTROL = "cache_control";
    private static final String TOOLS = "tools";
    private static final String TOOL_CHOICE = "tool_choice";
    private static final List<String> ANTHROPICS_OWN = List.of("thinking", "top_k", CACHE_CONTROL);
    /** Without them the answer would not be what was asked for. */
    private static final List<String> WITHOUT_A_WORD = List.of("functions", "function_call", "web_search_options",
            "audio");

    private final ObjectNode chat;
    private final String model;
    private final ObjectNode request = Tree.object();
    private final ArrayNode system = request.arrayNode();
    private final ArrayNode turns = request.arrayNode();

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
        addMessages();
        addTools();
        addToolChoice();
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

    private void addMessages() {
        int index = 0;
        for (JsonNode message : chat.path("messages")) {
            String place = "messages[" + index++ + "]";
            switch (Tree.text(message, "role")) {
                case "system", "developer" -> addTexts(system, message.path(CONTENT), place);
                case "user" -> addUserContent(turn("user"), message.path(CONTENT), place);
                case "assistant" -> addAssistant(message, place);
                case "tool" -> addToolResult(message, place);
                default -> throw refused(place + ".role", "knows no such role");
            }
        }
        if (turns.isEmpty()) {
            turns.addObject().put("role", "user").set(CONTENT, system.deepCopy()); // it wants somebody to answer
            system.removeAll();
        }
        dropSpaceAtTheEnd();
        if (!system.isEmpty()) {
            request.set("system", system);
        }
        request.set("messages", turns);
    }

    /** The content of the last turn, if that is this role's, else of a new one. */
    private ArrayNode turn(String role) {
        JsonNode last = turns.isEmpty() ? null : turns.get(turns.size() - 1);
        if (last != null && Tree.text(last, "role").equals(role)) {
            return (ArrayNode) last.get(CONTENT);
        }
        return turns.addObject().put("role", role).putArray(CONTENT);
    }

    private void addTexts(ArrayNode blocks, JsonNode content, String place) {
        if (content.isTextual()) {
            addText(blocks, content.textValue(), content);
        }
        for (JsonNode part : content.isArray() ? content : request.arrayNode()) {
            switch (Tree.text(part, TYPE)) {
                case TEXT -> addText(blocks, Tree.text(part, TEXT), part);
                case "refusal" -> addText(blocks, Tree.text(part, "refusal"), part);
                default -> throw refused(place + ".content", "takes only text here");
            }
        }
    }

    /** Empty texts are refused there, and say nothing. */
    private static void addText(ArrayNode blocks, String text, JsonNode source) {
        if (!text.isEmpty()) {
            addCacheControl(blocks.addObject().put(TYPE, TEXT).put(TEXT, text), source);
        }
    }

    private static void addCacheControl(ObjectNode block, JsonNode source) {
        if (Tree.has(source, CACHE_CONTROL)) {
            block.set(CACHE_CONTROL, source.get(CACHE_CONTROL));
        }
    }

    private void addUserContent(ArrayNode blocks, JsonNode content, String place) {
        if (!content.isArray()) {
            addTexts(blocks, content, place);
            return;
        }
        for (JsonNode part : content) {
            switch (Tree.text(part, TYPE)) {
                case TEXT -> addText(blocks, Tree.text(part, TEXT), part);
                case "image_url" -> addImage(blocks, part, place);
                case "file" -> addFile(blocks, part, place);
                case "input_audio" -> throw refused(place + ".content", "takes no audio");
                default -> throw refused(place + ".content", "takes no part of the type `" + Tree.text(part, TYPE)
                        + "`");
            }
        }
    }

    private void addImage(ArrayNode blocks, JsonNode part, String place) {
        JsonNode image = part.path("image_url");
        String url = image.isTextual() ? image.textValue() : Tree.text(image, "url");
        ObjectNode block = blocks.addObject().put(TYPE, "image");
        if (url.startsWith("data:")) {
            block.set("source", base64(url, place + ".content"));
        } else if (url.startsWith("https://") || url.startsWith("http://")) {
            block.putObject("source").put(TYPE, "url").put("url", url);
        } else {
            throw refused(place + ".content", "takes images as an http(s) URL or as a data URI");
        }
        addCacheControl(block, part);
    }

    private void addFile(ArrayNode blocks, JsonNode part, String place) {
        String data = Tree.text(part.path("file"), "file_data");
        if (!data.startsWith("data:application/pdf;")) {
            throw refused(place + ".content", "takes files as a data URI of a PDF");
        }
        ObjectNode block = blocks.addObject().put(TYPE, "document");
        block.set("source", base64(data, place + ".content"));
        if (Tree.has(part.path("file"), "filename")) {
            block.set("title", part.path("file").get("filename"));
        }
        addCacheControl(block, part);
    }

    private ObjectNode base64(String uri, String place) {
        int comma = uri.indexOf(',');
        String head = comma < 0 ? "" : uri.substring("data:".length(), comma);
        if (!head.endsWith(";base64")) {
            throw refused(place, "takes data URIs in base64 only");
        }
        String mediaType = head.substring(0, head.indexOf(';'));
        return Tree.object().put(TYPE, "base64")
                .put("media_type", mediaType.equals("image/jpg") ? "image/jpeg" : mediaType)
                .put("data", uri.substring(comma + 1));
    }

    private void addAssistant(JsonNode message, String place) {
        if (Tree.has(message, "function_call") || Tree.has(message, "audio")) {
            throw refused(place, "takes only text and `tool_calls` of an assistant");
        }
        ArrayNode said = request.arrayNode();
        addTexts(said, message.path(CONTENT), place);
        if (Tree.has(message, "refusal")) {
            addText(said, Tree.text(message, "refusal"), message);
        }
        int index = 0;
        for (JsonNode call : message.path("tool_calls")) {
            said.add(toolUse(call, place + ".tool_calls[" + index++ + "]"));
        }
        if (!said.isEmpty()) {
            turn("assistant").addAll(said);
        }
    }

    private ObjectNode toolUse(JsonNode call, String place) {
        JsonNode function = call.path("function");
        if (!function.isObject()) {
            throw refused(place, "knows only calls of functions");
        }
        String arguments = Tree.text(function, "arguments");
        ObjectNode use = Tree.object().put(TYPE, "tool_use").put("id", Tree.text(call, "id"))
                .put("name", Tree.text(function, "name"));
        use.set("input", arguments.isBlank()
                ? Tree.object()
                : Tree.read(arguments).orElseThrow(() -> refused(place + ".function.arguments",
                        "takes arguments that are a JSON object only")));
        return use;
    }

    private void addToolResult(JsonNode message, String place) {
        ObjectNode result = Tree.object().put(TYPE, "tool_result").put("tool_use_id",
                Tree.text(message, "tool_call_id"));
        JsonNode content = message.path(CONTENT);
        if (content.isArray()) {
            ArrayNode blocks = request.arrayNode();
            addUserContent(blocks, content, place);
            result.set(CONTENT, blocks);
        } else if (!content.asText("").isEmpty()) {
            result.set(CONTENT, content);
        }
        addCacheControl(result, message);
        turn("user").add(result);
    }

    /** An answer that the client began may not end in white space there. */
    private void dropSpaceAtTheEnd() {
        JsonNode last = turns.get(turns.size() - 1);
        JsonNode content = last.path(CONTENT);
        JsonNode block = content.path(content.size() - 1);
        if (Tree.text(last, "role").equals("assistant") && block instanceof ObjectNode text && text.has(TEXT)) {
            text.put(TEXT, Tree.text(text, TEXT).stripTrailing());
            if (Tree.text(text, TEXT).isEmpty()) {
                ((ArrayNode) content).remove(content.size() - 1);
            }
            if (content.isEmpty()) {
                turns.remove(turns.size() - 1);
            }
        }
    }

    private void addTools() {
        Set<String> allowed = allowedTools();
        ArrayNode tools = request.arrayNode();
        int index = 0;
        for (JsonNode tool : chat.path(TOOLS)) {
            String place = "tools[" + index++ + "]";
            String type = Tree.text(tool, TYPE);
            if (type.equals("custom")) {
                throw refused(place, "knows no tools without a schema");
            }
            if (!type.equals("function")) {
                tools.add(tool.deepCopy()); // perhaps one of Anthropic's own; it will say
            } else if (allowed == null || allowed.contains(Tree.text(tool.path("function"), "name"))) {
                tools.add(tool(tool));
            }
        }
        if (!tools.isEmpty()) {
            request.set(TOOLS, tools);
        }
    }

    /** Null: all of them. */
    private Set<String> allowedTools() {
        JsonNode choice = chat.path(TOOL_CHOICE);
        if (!Tree.text(choice, TYPE).equals("allowed_tools")) {
            return null;
        }
        Set<String> allowed = new HashSet<>();
        for (JsonNode tool : choice.path("allowed_tools").path(TOOLS)) {
            allowed.add(Tree.text(tool.path("function"), "name"));
        }
        return allowed;
    }

    private static ObjectNode tool(JsonNode tool) {
        JsonNode function = tool.path("function");
        ObjectNode translated = Tree.object();
        translated.set("name", function.path("name"));
        if (Tree.has(function, "description")) {
            translated.set("description", function.get("description"));
        }
        ObjectNode schema = function.path("parameters").isObject()
                ? function.get("parameters").deepCopy()
                : Tree.object();
        if (!Tree.has(schema, TYPE)) {
            schema.put(TYPE, "object");
        }
        translated.set("input_schema", schema);
        if (function.path("strict").asBoolean()) {
            translated.put("strict", true);
        }
        addCacheControl(translated, Tree.has(function, CACHE_CONTROL) ? function : tool);
        return translated;
    }

    private void addToolChoice() {
        JsonNode choice = chat.path(TOOL_CHOICE);
        ObjectNode translated = null;
        String mode = choice.isTextual() ? choice.textValue() : Tree.text(choice.path("allowed_tools"), "mode");
        if (Tree.text(choice, TYPE).equals("function")) {
            translated = choice(TYPE, "tool");
            translated.set("name", choice.path("function").path("name"));
        } else if (choice.isObject() && mode.isEmpty()) {
            throw refused(TOOL_CHOICE, "knows no such choice");
        } else if (!mode.isEmpty()) {
            translated = choice(TYPE, mode.equals("required") ? "any" : mode);
        }
        boolean oneAtATime = chat.path("parallel_tool_calls").isBoolean()
                && !chat.get("parallel_tool_calls").booleanValue();
        if (oneAtATime && request.has(TOOLS) && (translated == null || !Tree.text(translated, TYPE).equals("none"))) {
            translated = translated == null ? choice(TYPE, "auto") : translated;
            translated.put("disable_parallel_tool_use", true);
        }
        if (translated != null) {
            request.set(TOOL_CHOICE, translated);
        }
    }

    private static ObjectNode choice(String name, String value) {
        return Tree.object().put(name, value);
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

    /** @param predicate continues "Anthropic's API, which serves this model, …" */
    private static Untranslatable refused(String param, String predicate) {
        return new Untranslatable(param, "Anthropic's API, which serves this model, " + predicate + ".");
    }
}
