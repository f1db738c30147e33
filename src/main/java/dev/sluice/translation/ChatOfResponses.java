package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/**
 * A request of the Responses API as a chat completion. What chat completions cannot say (a tool that the provider runs
 * itself, state that it keeps, a file it was given before) is refused; what only shapes how the Responses API works is
 * left out; members that neither API knows are passed on.
 */
final class ChatOfResponses {
    /** Without a counterpart, and without a bearing on what the model says. */
    private static final Set<String> LEFT_OUT = Set.of("store", "background", "include", "truncation", "stream_options",
            "context_management", "max_tool_calls");
    /** What the provider would have to remember. */
    private static final Set<String> REMEMBERED = Set.of("previous_response_id", "conversation", "prompt");

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final ObjectNode chat = NODES.objectNode();
    private final ArrayNode messages = NODES.arrayNode();

    private final String boundName;

    private ChatOfResponses(String boundName) {
        this.boundName = boundName;
    }

    /** @throws Untranslatable where a chat completion cannot say it */
    static ObjectNode of(ObjectNode request, String boundName) {
        return new ChatOfResponses(boundName).translate(request);
    }

    private ObjectNode translate(ObjectNode request) {
        JsonNode instructions = request.path("instructions");
        if (instructions.isTextual()) {
            messages.addObject().put("role", "system").set("content", instructions);
        }
        request.properties().forEach(member -> member(member.getKey(), member.getValue()));
        if (wantsLogprobs(request)) {
            chat.put("logprobs", true);
        }
        if (request.path("stream").booleanValue()) {
            chat.putObject("stream_options").put("include_usage", true);
        }
        chat.set("messages", messages);
        return chat;
    }

    private static boolean wantsLogprobs(ObjectNode request) {
        if (request.path("top_logprobs").asInt() > 0) {
            return true;
        }
        for (JsonNode wanted : request.path("include")) {
            if (wanted.asText().equals("message.output_text.logprobs")) {
                return true;
            }
        }
        return false;
    }

    private void member(String name, JsonNode value) {
        if (LEFT_OUT.contains(name) || name.equals("instructions") || value.isNull()) {
            return;
        }
        if (REMEMBERED.contains(name)) {
            throw new Untranslatable(name, "The provider of this model keeps nothing between requests, so `" + name
                    + "` cannot be resolved: send the whole `input`.");
        }
        switch (name) {
            case "input" -> input(value);
            case "max_output_tokens" -> chat.set(boundName, value);
            case "tools" -> tools(value);
            case "tool_choice" -> chat.set("tool_choice", toolChoice(value));
            case "text" -> text(value);
            case "reasoning" -> {
                if (value.path("effort").isTextual()) {
                    chat.set("reasoning_effort", value.get("effort"));
                }
            }
            default -> chat.set(name, value);
        }
    }

    private void input(JsonNode input) {
        if (input.isTextual()) {
            messages.addObject().put("role", "user").set("content", input);
            return;
        }
        int index = 0;
        for (JsonNode item : input) {
            item(item, "input[" + index++ + "]");
        }
    }

    private void item(JsonNode item, String place) {
        String type = item.path("type").asText("message");
        switch (type) {
            case "message" -> message(item, place);
            case "function_call" -> toolCall(item, "function", "arguments");
            case "custom_tool_call" -> toolCall(item, "custom", "input");
            case "function_call_output", "custom_tool_call_output" -> toolOutput(item, place);
            case "reasoning" -> {
                // Chat completions have no place for earlier thoughts, and models do without them.
            }
            default -> throw new Untranslatable(place, "The provider of this model speaks chat completions, which have"
                    + " no counterpart of an item of the type `" + type + "`.");
        }
    }

    private void message(JsonNode item, String place) {
        String role = item.path("role").asText();
        JsonNode content = item.path("content");
        // Hardly anybody but OpenAI knows developers; to OpenAI a system message is the same.
        ObjectNode message = messages.addObject().put("role", role.equals("developer") ? "system" : role);
        if (!content.isArray()) {
            message.set("content", content.isMissingNode() ? NODES.nullNode() : content);
        } else if (role.equals("user")) {
            message.set("content", parts(content, place + ".content"));
        } else {
            spoken(message, content, place + ".content");
        }
    }

    /** What is not the user's is text; a single one as a plain string, which every provider understands. */
    private static void spoken(ObjectNode message, JsonNode content, String place) {
        StringBuilder refusal = new StringBuilder();
        ArrayNode texts = NODES.arrayNode();
        for (JsonNode part : content) {
            if (part.path("type").asText().equals("refusal")) {
                refusal.append(part.path("refusal").asText());
            } else {
                texts.add(part);
            }
        }
        if (texts.size() == 1 && texts.get(0).path("text").isTextual()) {
            message.set("content", texts.get(0).get("text"));
        } else if (texts.isEmpty()) {
            message.putNull("content");
        } else {
            message.set("content", parts(texts, place));
        }
        if (!refusal.isEmpty()) {
            message.put("refusal", refusal.toString());
        }
    }

    private static ArrayNode parts(JsonNode content, String place) {
        ArrayNode parts = NODES.arrayNode();
        int index = 0;
        for (JsonNode part : content) {
            parts.add(part(part, place + "[" + index++ + "]"));
        }
        return parts;
    }

    private static ObjectNode part(JsonNode part, String place) {
        ObjectNode translated = NODES.objectNode();
        String type = part.path("type").asText();
        switch (type) {
            case "input_text", "output_text", "text" -> translated.put("type", "text").set("text", part.path("text"));
            case "input_image" -> {
                require(part, "image_url", place);
                ObjectNode image = translated.put("type", "image_url").putObject("image_url");
                image.set("url", part.get("image_url"));
                if (part.path("detail").isTextual()) {
                    image.set("detail", part.get("detail"));
                }
            }
            case "input_file" -> {
                require(part, "file_data", place);
                ObjectNode file = translated.put("type", "file").putObject("file");
                file.set("file_data", part.get("file_data"));
                if (part.path("filename").isTextual()) {
                    file.set("filename", part.get("filename"));
                }
            }
            case "input_audio" -> translated.put("type", "input_audio").set("input_audio", part.path("input_audio"));
            default -> throw new Untranslatable(place, "The provider of this model speaks chat completions, which have"
                    + " no counterpart of content of the type `" + type + "`.");
        }
        return translated;
    }

    private static void require(JsonNode part, String name, String place) {
        if (!part.path(name).isTextual()) {
            throw new Untranslatable(place, "The provider of this model keeps no files and fetches none: `" + place
                    + "` must bring its content along in `" + name + "`.");
        }
    }

    /** Calls that follow one another are one turn of the assistant, with what it said before them. */
    private void toolCall(JsonNode item, String kind, String arguments) {
        ObjectNode turn = messages.isEmpty() ? null : (ObjectNode) messages.get(messages.size() - 1);
        if (turn == null || !turn.path("role").asText().equals("assistant")) {
            turn = messages.addObject().put("role", "assistant").putNull("content");
        }
        ObjectNode call = turn.withArray("tool_calls").addObject();
        call.set("id", item.path("call_id"));
        ObjectNode what = call.put("type", kind).putObject(kind);
        what.set("name", item.path("name"));
        what.set(arguments, item.path(arguments));
    }

    private void toolOutput(JsonNode item, String place) {
        ObjectNode message = messages.addObject().put("role", "tool");
        message.set("tool_call_id", item.path("call_id"));
        JsonNode output = item.path("output");
        message.set("content", output.isArray() ? parts(output, place + ".output") : output);
    }

    private void tools(JsonNode tools) {
        ArrayNode translated = NODES.arrayNode();
        int index = 0;
        for (JsonNode tool : tools) {
            translated.add(tool(tool, "tools[" + index++ + "]"));
        }
        if (!translated.isEmpty()) { // chat completions refuse an empty list
            chat.set("tools", translated);
        }
    }

    private static ObjectNode tool(JsonNode tool, String place) {
        String type = tool.path("type").asText();
        if (!type.equals("function") && !type.equals("custom")) {
            throw new Untranslatable(place,
                    "The provider of this model runs no tools itself, and `" + type + "` is one of those.");
        }
        ObjectNode translated = NODES.objectNode().put("type", type);
        ObjectNode what = translated.putObject(type);
        for (String name : new String[]{ "name", "description", "parameters", "strict"}) {
            if (tool.hasNonNull(name)) {
                what.set(name, tool.get(name));
            }
        }
        if (type.equals("custom") && tool.path("format").isObject()) {
            what.set("format", customFormat((ObjectNode) tool.get("format")));
        }
        return translated;
    }

    private static ObjectNode customFormat(ObjectNode format) {
        if (!format.path("type").asText().equals("grammar")) {
            return format;
        }
        ObjectNode translated = NODES.objectNode().put("type", "grammar");
        translated.set("grammar", format.deepCopy().without("type"));
        return translated;
    }

    private static JsonNode toolChoice(JsonNode choice) {
        if (!choice.isObject()) {
            return choice;
        }
        String type = choice.path("type").asText();
        ObjectNode translated = NODES.objectNode().put("type", type);
        switch (type) {
            case "function", "custom" -> translated.putObject(type).set("name", choice.path("name"));
            case "allowed_tools" -> {
                ObjectNode allowed = translated.putObject("allowed_tools");
                allowed.set("mode", choice.path("mode"));
                ArrayNode tools = allowed.putArray("tools");
                choice.path("tools").forEach(tool -> tools.add(toolChoice(tool)));
            }
            default -> throw new Untranslatable("tool_choice",
                    "The provider of this model runs no tools itself, and `" + type + "` is one of those.");
        }
        return translated;
    }

    private void text(JsonNode text) {
        if (text.path("verbosity").isTextual()) {
            chat.set("verbosity", text.get("verbosity"));
        }
        JsonNode format = text.path("format");
        String type = format.path("type").asText("text");
        if (type.equals("json_schema")) {
            ObjectNode schema = ((ObjectNode) format).deepCopy().without("type");
            chat.putObject("response_format").put("type", type).set("json_schema", schema);
        } else if (!type.equals("text")) {
            chat.set("response_format", format);
        }
    }
}
