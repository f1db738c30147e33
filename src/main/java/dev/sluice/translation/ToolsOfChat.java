package dev.sluice.translation;

import static dev.sluice.translation.ChatRequestAsMessages.passCacheControl;
import static dev.sluice.translation.ChatRequestAsMessages.refused;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;
import java.util.HashSet;
import java.util.Set;

/** The tools of a chat, and which of them may or must be called, as Anthropic's API takes them. */
final class ToolsOfChat {
    private static final String TYPE = "type";
    private static final String TOOLS = "tools";
    private static final String TOOL_CHOICE = "tool_choice";

    private final ObjectNode chat;
    private final ObjectNode request;

    private ToolsOfChat(ObjectNode chat, ObjectNode request) {
        this.chat = chat;
        this.request = request;
    }

    /** @throws Untranslatable */
    static void add(ObjectNode chat, ObjectNode request) {
        ToolsOfChat tools = new ToolsOfChat(chat, request);
        tools.addTools();
        tools.addToolChoice();
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
        passCacheControl(tool, translated);
        passCacheControl(function, translated);
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
}
