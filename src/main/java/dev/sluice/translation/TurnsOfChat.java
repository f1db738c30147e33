package dev.sluice.translation;

import static dev.sluice.translation.ChatRequestAsMessages.passCacheControl;
import static dev.sluice.translation.ChatRequestAsMessages.refused;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;

/**
 * The messages of a chat as Anthropic's system prompt and turns. System and developer messages become the system prompt,
 * in their order; tool results join the user's turn; neighbours of one role become one turn.
 */
final class TurnsOfChat {
    private static final String TYPE = "type";
    private static final String TEXT = "text";
    private static final String CONTENT = "content";

    private final ObjectNode chat;
    private final ObjectNode request;
    private final ArrayNode system;
    private final ArrayNode turns;

    private TurnsOfChat(ObjectNode chat, ObjectNode request) {
        this.chat = chat;
        this.request = request;
        this.system = request.arrayNode();
        this.turns = request.arrayNode();
    }

    /** @throws Untranslatable */
    static void add(ObjectNode chat, ObjectNode request) {
        new TurnsOfChat(chat, request).add();
    }

    private void add() {
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
            passCacheControl(source, blocks.addObject().put(TYPE, TEXT).put(TEXT, text));
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
        passCacheControl(part, block);
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
        passCacheControl(part, block);
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
        passCacheControl(message, result);
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
}
