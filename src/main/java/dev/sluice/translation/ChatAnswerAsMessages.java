package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;

/** A whole chat completion as Anthropic's message. */
final class ChatAnswerAsMessages {
    private static final String TYPE = "type";

    private ChatAnswerAsMessages() {
    }

    /** @param thoughts whether the client asked for what the model thought */
    static byte[] translate(byte[] body, boolean thoughts) {
        ObjectNode completion = Tree.read(body)
                .orElseThrow(() -> new UnreadableAnswer("answered something that is not a JSON object"));
        JsonNode choice = completion.path("choices").path(0);
        JsonNode said = choice.path("message");
        if (!said.isObject()) {
            throw new UnreadableAnswer("answered something that is not a chat completion");
        }
        String finish = Tree.text(choice, "finish_reason");
        ObjectNode message = Tree.object().put("id", id(completion)).put(TYPE, "message").put("role", "assistant");
        message.set("model", completion.path("model"));
        ArrayNode blocks = message.putArray("content");
        if (thoughts && !thoughts(said).isEmpty()) {
            blocks.addObject().put(TYPE, "thinking").put("thinking", thoughts(said)).put("signature", "");
        }
        addText(blocks, said);
        JsonNode calls = said.path("tool_calls");
        for (JsonNode call : calls) {
            blocks.add(toolUse(call, finish.equals("length")));
        }
        message.put("stop_reason", Tree.has(said, "refusal")
                ? "refusal"
                : StopReasons.asMessages(finish, !calls.isEmpty()));
        message.putNull("stop_sequence");
        message.set("usage", UsageMembers.asMessages(completion.path("usage")));
        return Tree.bytes(message);
    }

    static String id(JsonNode completion) {
        String id = Tree.text(completion, "id");
        return id.startsWith("msg_") ? id : "msg_" + id;
    }

    /** What DeepSeek and vLLM, and what OpenRouter and newer vLLM call it. */
    static String thoughts(JsonNode said) {
        String thoughts = said.path("reasoning_content").asText("");
        return thoughts.isEmpty() && said.path("reasoning").isTextual() ? said.get("reasoning").textValue() : thoughts;
    }

    private static void addText(ArrayNode blocks, JsonNode said) {
        StringBuilder text = new StringBuilder();
        JsonNode content = said.path("content");
        text.append(content.asText(""));
        if (content.isArray()) { // Mistral's
            content.forEach(part -> text.append(Tree.text(part, "text")));
        }
        if (text.isEmpty() && Tree.has(said, "refusal")) {
            text.append(Tree.text(said, "refusal"));
        }
        if (!text.isEmpty()) {
            blocks.addObject().put(TYPE, "text").put("text", text.toString());
        }
    }

    /** @param cut whether the answer was cut off, so that the arguments may be too */
    private static ObjectNode toolUse(JsonNode call, boolean cut) {
        JsonNode function = call.path("function");
        String arguments = Tree.text(function, "arguments");
        ObjectNode use = Tree.object().put(TYPE, "tool_use").put("id", Tree.text(call, "id")).put("name",
                Tree.text(function, "name"));
        ObjectNode input = Tree.read(arguments.isBlank() ? "{}" : arguments).orElse(null);
        if (input == null && !cut) {
            throw new UnreadableAnswer("calls a tool with arguments that are not a JSON object");
        }
        use.set("input", input == null ? Tree.object() : input);
        return use;
    }
}
