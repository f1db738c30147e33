package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;
import java.util.List;

/**
 * A request to Anthropic's Messages API as a chat completion, written so that every provider of OpenAI's dialect
 * understands it: text alone is a string, not an array of parts. Hints that others refuse are left out ({@code thinking},
 * {@code top_k}, cache breakpoints, tiers, beta features that edit the context).
 */
final class MessagesRequestAsChat {
    private static final String TYPE = "type";
    private static final String TEXT = "text";
    private static final String CONTENT = "content";
    private static final String ROLE = "role";
    private static final String TOOLS = "tools";
    private static final String PARAGRAPH = "\n\n";
    /** OpenAI takes no longer ones. */
    private static final int LONGEST_USER = 64;
    private static final List<String> WITHOUT_A_WORD = List.of("container", "mcp_servers");

    private final ObjectNode messages;
    private final String model;
    private final String boundName;
    private final ObjectNode request = Tree.object();
    private final ArrayNode chat = request.arrayNode();

    private MessagesRequestAsChat(ObjectNode messages, String model, String boundName) {
        this.messages = messages;
        this.model = model;
        this.boundName = boundName;
    }

    /**
     * @param messages valid JSON
     * @param model what the provider calls the model
     * @param boundName the provider's member for an output bound
     * @throws Untranslatable
     */
    static byte[] translate(byte[] messages, String model, String boundName) {
        ObjectNode tree = Tree.read(messages)
                .orElseThrow(() -> new Untranslatable(null, "The body must be a JSON object."));
        return Tree.bytes(new MessagesRequestAsChat(tree, model, boundName).translate());
    }

    private ObjectNode translate() {
        for (String name : WITHOUT_A_WORD) {
            if (Tree.has(messages, name)) {
                throw refused(name, "has nothing like it");
            }
        }
        request.set("model", messages.path("model"));
        addSystem(messages.path("system"), "system");
        int index = 0;
        for (JsonNode message : messages.path("messages")) {
            addMessage(message, "messages[" + index++ + "]");
        }
        request.set("messages", chat);
        if (messages.path("max_tokens").isNumber()) {
            request.set(boundName, messages.get("max_tokens"));
        }
        copy("temperature", "temperature");
        copy("top_p", "top_p");
        if (!messages.path("stop_sequences").isEmpty()) {
            request.set("stop", messages.get("stop_sequences"));
        }
        addTools();
        addOutput();
        String user = Tree.text(messages.path("metadata"), "user_id");
        if (!user.isEmpty() && user.length() <= LONGEST_USER) {
            request.put("user", user);
        }
        if (messages.path("stream").asBoolean()) {
            request.put("stream", true);
            request.putObject("stream_options").put("include_usage", true);
        }
        return request;
    }

    private void copy(String from, String to) {
        if (Tree.has(messages, from)) {
            request.set(to, messages.get(from));
        }
    }

    private void addSystem(JsonNode content, String place) {
        String text = text(content, place);
        if (!text.isEmpty()) {
            chat.addObject().put(ROLE, "system").put(CONTENT, text);
        }
    }

    private void addMessage(JsonNode message, String place) {
        JsonNode content = message.path(CONTENT);
        switch (Tree.text(message, ROLE)) {
            case "system" -> addSystem(content, place + ".content");
            case "user" -> addUser(content, place + ".content");
            case "assistant" -> addAssistant(content);
            default -> throw new Untranslatable(place + ".role", "`" + place + ".role` must be user or assistant.");
        }
    }

    /** Results of tools have messages of their own there, right behind the calls; what else the user says follows. */
    private void addUser(JsonNode content, String place) {
        if (content.isTextual()) {
            chat.addObject().put(ROLE, "user").set(CONTENT, content);
            return;
        }
        ArrayNode parts = request.arrayNode();
        for (JsonNode block : content) {
            if (Tree.text(block, TYPE).equals("tool_result")) {
                addToolResult(block, parts, place);
            }
        }
        for (JsonNode block : content) {
            if (!Tree.text(block, TYPE).equals("tool_result")) {
                addPart(parts, block, place);
            }
        }
        if (!parts.isEmpty()) {
            chat.addObject().put(ROLE, "user").set(CONTENT, asPlainAsPossible(parts));
        }
    }

    /** A tool's message can hold text only; its images become the user's. */
    private void addToolResult(JsonNode result, ArrayNode parts, String place) {
        JsonNode content = result.path(CONTENT);
        StringBuilder text = new StringBuilder(content.asText(""));
        for (JsonNode block : content.isArray() ? content : request.arrayNode()) {
            if (Tree.text(block, TYPE).equals(TEXT)) {
                text.append(text.isEmpty() ? "" : PARAGRAPH).append(Tree.text(block, TEXT));
            } else {
                addPart(parts, block, place);
            }
        }
        if (text.isEmpty() && result.path("is_error").asBoolean()) {
            text.append("error");
        }
        chat.addObject().put(ROLE, "tool").put("tool_call_id", Tree.text(result, "tool_use_id"))
                .put(CONTENT, text.toString());
    }

    private static JsonNode asPlainAsPossible(ArrayNode parts) {
        StringBuilder text = new StringBuilder();
        for (JsonNode part : parts) {
            if (!Tree.text(part, TYPE).equals(TEXT)) {
                return parts;
            }
            text.append(text.isEmpty() ? "" : PARAGRAPH).append(Tree.text(part, TEXT));
        }
        return parts.textNode(text.toString());
    }

    private void addPart(ArrayNode parts, JsonNode block, String place) {
        switch (Tree.text(block, TYPE)) {
            case TEXT -> addText(parts, Tree.text(block, TEXT));
            case "image" -> addImage(parts, block.path("source"), place);
            case "document" -> addDocument(parts, block, place);
            case "search_result" -> {
                addText(parts, Tree.text(block, "title") + "\n" + Tree.text(block, "source") + PARAGRAPH
                        + text(block.path(CONTENT), place));
            }
            default -> throw refused(place, "takes no block of the type `" + Tree.text(block, TYPE) + "` here");
        }
    }

    private static void addText(ArrayNode parts, String text) {
        parts.addObject().put(TYPE, TEXT).put(TEXT, text);
    }

    private void addImage(ArrayNode parts, JsonNode source, String place) {
        String url = switch (Tree.text(source, TYPE)) {
            case "base64" -> dataUri(source);
            case "url" -> Tree.text(source, "url");
            default -> throw refused(place, "takes images as a URL or in base64 only");
        };
        parts.addObject().put(TYPE, "image_url").putObject("image_url").put("url", url);
    }

    private void addDocument(ArrayNode parts, JsonNode document, String place) {
        JsonNode source = document.path("source");
        switch (Tree.text(source, TYPE)) {
            case "base64" -> parts.addObject().put(TYPE, "file").putObject("file")
                    .put("filename", Tree.has(document, "title") ? Tree.text(document, "title") : "document.pdf")
                    .put("file_data", dataUri(source));
            case TEXT -> addText(parts, Tree.text(source, "data"));
            case CONTENT -> {
                JsonNode content = source.path(CONTENT);
                if (content.isTextual()) {
                    addText(parts, content.textValue());
                }
                for (JsonNode block : content.isArray() ? content : request.arrayNode()) {
                    addPart(parts, block, place);
                }
            }
            default -> throw refused(place, "takes documents in base64 or as text only");
        }
    }

    private static String dataUri(JsonNode source) {
        return "data:" + Tree.text(source, "media_type") + ";base64," + Tree.text(source, "data");
    }

    /** A string, or blocks of text. */
    private static String text(JsonNode content, String place) {
        if (!content.isArray()) {
            return content.asText("");
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode block : content) {
            if (!Tree.text(block, TYPE).equals(TEXT)) {
                throw refused(place, "takes only text here");
            }
            text.append(text.isEmpty() ? "" : PARAGRAPH).append(Tree.text(block, TEXT));
        }
        return text.toString();
    }

    /** What it thought is signed for Anthropic alone, and what Anthropic's tools did is told in the text. */
    private void addAssistant(JsonNode content) {
        StringBuilder text = new StringBuilder(content.asText(""));
        ArrayNode calls = request.arrayNode();
        for (JsonNode block : content.isArray() ? content : request.arrayNode()) {
            switch (Tree.text(block, TYPE)) {
                case TEXT -> text.append(Tree.text(block, TEXT));
                case "tool_use" -> {
                    ObjectNode call = calls.addObject().put("id", Tree.text(block, "id")).put(TYPE, "function");
                    call.putObject("function").put("name", Tree.text(block, "name"))
                            .put("arguments", block.path("input").isObject() ? block.get("input").toString() : "{}");
                }
                default -> {
                    // see above
                }
            }
        }
        if (text.isEmpty() && calls.isEmpty()) {
            return;
        }
        ObjectNode message = chat.addObject().put(ROLE, "assistant");
        message.put(CONTENT, text.isEmpty() ? null : text.toString());
        if (!calls.isEmpty()) {
            message.set("tool_calls", calls);
        }
    }

    private void addTools() {
        ArrayNode tools = request.arrayNode();
        int index = 0;
        for (JsonNode tool : messages.path(TOOLS)) {
            String type = Tree.text(tool, TYPE);
            if (!type.isEmpty() && !type.equals("custom")) {
                throw refused("tools[" + index + "]", "does not have Anthropic's tool `" + type + "`");
            }
            ObjectNode function = tools.addObject().put(TYPE, "function").putObject("function");
            function.set("name", tool.path("name"));
            if (Tree.has(tool, "description")) {
                function.set("description", tool.get("description"));
            }
            function.set("parameters", tool.path("input_schema"));
            if (tool.path("strict").asBoolean()) {
                function.put("strict", true);
            }
            index++;
        }
        if (tools.isEmpty()) {
            return;
        }
        request.set(TOOLS, tools);
        JsonNode choice = messages.path("tool_choice");
        switch (Tree.text(choice, TYPE)) {
            case "auto", "none" -> request.set("tool_choice", choice.get(TYPE));
            case "any" -> request.put("tool_choice", "required");
            case "tool" -> request.putObject("tool_choice").put(TYPE, "function").putObject("function").set("name",
                    choice.path("name"));
            default -> {
                // it may choose
            }
        }
        if (choice.path("disable_parallel_tool_use").asBoolean()) {
            request.put("parallel_tool_calls", false);
        }
    }

    private void addOutput() {
        JsonNode output = messages.path("output_config");
        JsonNode format = output.path("format").isObject() ? output.get("format") : messages.path("output_format");
        if (Tree.text(format, TYPE).equals("json_schema")) {
            ObjectNode schema = request.putObject("response_format").put(TYPE, "json_schema").putObject("json_schema");
            schema.put("name", "answer").put("strict", true).set("schema", format.path("schema"));
        }
        String effort = Effort.ofMessages(Tree.text(output, "effort"));
        if (!effort.isEmpty() && Effort.isKnownToChat(model)) {
            request.put("reasoning_effort", effort);
        }
    }

    /** @param predicate continues "The provider of this model …" */
    private static Untranslatable refused(String param, String predicate) {
        return new Untranslatable(param, "The provider of this model speaks OpenAI's dialect and " + predicate + ".");
    }
}
