package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;

/** Anthropic's whole answer as a chat completion. */
final class MessagesAnswerAsChat {
    private static final String THOUGHTS = "reasoning_content";

    private MessagesAnswerAsChat() {
    }

    /** @param created seconds since the epoch; Anthropic does not say when */
    static byte[] translate(byte[] body, long created) {
        ObjectNode message = Tree.read(body)
                .orElseThrow(() -> new UnreadableAnswer("answered something that is not a JSON object"));
        if (!message.path("content").isArray()) {
            throw new UnreadableAnswer("answered something that is not a message");
        }
        ObjectNode completion = Tree.object();
        completion.set("id", message.path("id"));
        completion.put("object", "chat.completion").put("created", created);
        completion.set("model", message.path("model"));
        ObjectNode choice = completion.putArray("choices").addObject().put("index", 0);
        choice.set("message", said(message.get("content")));
        choice.putNull("logprobs");
        choice.put("finish_reason", StopReasons.asChat(Tree.text(message, "stop_reason")));
        completion.set("usage", UsageMembers.asChat(message.path("usage")));
        return Tree.bytes(completion);
    }

    private static ObjectNode said(JsonNode blocks) {
        StringBuilder text = new StringBuilder();
        StringBuilder thoughts = new StringBuilder();
        ObjectNode said = Tree.object().put("role", "assistant").putNull("content").putNull("refusal");
        ArrayNode calls = said.arrayNode();
        for (JsonNode block : blocks) {
            switch (Tree.text(block, "type")) {
                case "text" -> text.append(Tree.text(block, "text"));
                case "thinking" -> thoughts.append(Tree.text(block, "thinking"));
                case "tool_use" -> {
                    ObjectNode call = calls.addObject().put("id", Tree.text(block, "id")).put("type", "function");
                    call.putObject("function").put("name", Tree.text(block, "name"))
                            .put("arguments", block.path("input").isObject() ? block.get("input").toString() : "{}");
                }
                default -> {
                    // what Anthropic's own tools did: OpenAI has no word for it
                }
            }
        }
        if (!text.isEmpty() || calls.isEmpty()) {
            said.put("content", text.toString());
        }
        if (!thoughts.isEmpty()) {
            said.put(THOUGHTS, thoughts.toString());
        }
        if (!calls.isEmpty()) {
            said.set("tool_calls", calls);
        }
        return said;
    }
}
