package dev.sluice.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The two shapes of one message of Anthropic's: whole, and as the events of a stream. */
final class MessagesEvents {
    private static final String TYPE = "type";
    private static final String TEXT = "text";
    private static final String INPUT = "input";
    private static final String USAGE = "usage";
    private static final String CONTENT = "content";

    private final List<SseEvent> events = new ArrayList<>();

    private MessagesEvents() {
    }

    /**
     * The whole message that a finished stream told in pieces.
     *
     * @param told the data of its events, in order
     * @throws IllegalArgumentException if they do not make a message
     */
    static byte[] assemble(List<byte[]> told) {
        ObjectNode message = null;
        Map<Integer, ObjectNode> blocks = new TreeMap<>();
        Map<Integer, StringBuilder> inputs = new TreeMap<>();
        for (byte[] data : told) {
            ObjectNode event = Tree.object(data);
            int index = event.path("index").asInt();
            switch (event.path(TYPE).asText()) {
                case "message_start" -> message = object(event, "message");
                case "content_block_start" -> blocks.put(index, object(event, "content_block"));
                case "content_block_delta" -> {
                    JsonNode delta = event.path("delta");
                    if (delta.path(TYPE).asText().equals("input_json_delta")) {
                        inputs.computeIfAbsent(index, first -> new StringBuilder())
                                .append(delta.path("partial_json").asText());
                    } else {
                        add(blocks.get(index), delta);
                    }
                }
                case "message_delta" -> finish(message, event);
                default -> {
                    // nothing to add
                }
            }
        }
        if (message == null) {
            throw new IllegalArgumentException("The stream does not begin a message.");
        }
        inputs.forEach((index, json) -> {
            if (!json.isEmpty() && blocks.containsKey(index)) {
                blocks.get(index).set(INPUT, Tree.object(json.toString().getBytes(StandardCharsets.UTF_8)));
            }
        });
        ArrayNode content = message.putArray(CONTENT);
        blocks.values().forEach(content::add);
        return Tree.bytes(message);
    }

    private static ObjectNode object(JsonNode event, String name) {
        if (event.get(name) instanceof ObjectNode object) {
            return object;
        }
        throw new IllegalArgumentException("An event of the stream has no " + name + ".");
    }

    private static void add(ObjectNode block, JsonNode delta) {
        if (block == null) {
            throw new IllegalArgumentException("An event of the stream continues a block that was not begun.");
        }
        switch (delta.path(TYPE).asText()) {
            case "text_delta" -> block.put(TEXT, block.path(TEXT).asText() + delta.path(TEXT).asText());
            case "thinking_delta" -> block.put("thinking",
                    block.path("thinking").asText() + delta.path("thinking").asText());
            case "signature_delta" -> block.set("signature", delta.path("signature"));
            case "citations_delta" -> {
                ArrayNode citations = block.get("citations") instanceof ArrayNode begun
                        ? begun
                        : block.putArray("citations");
                citations.add(delta.path("citation"));
            }
            default -> throw new IllegalArgumentException("An event of the stream has an unknown delta.");
        }
    }

    private static void finish(ObjectNode message, JsonNode event) {
        if (message == null) {
            throw new IllegalArgumentException("The stream does not begin with a message.");
        }
        event.path("delta").properties().forEach(member -> message.set(member.getKey(), member.getValue()));
        ObjectNode usage = message.get(USAGE) instanceof ObjectNode begun ? begun : message.putObject(USAGE);
        event.path(USAGE).properties().forEach(count -> {
            if (!count.getValue().isNull()) {
                usage.set(count.getKey(), count.getValue());
            }
        });
    }

    /**
     * A stream that tells this whole message: each block in one piece.
     *
     * @throws IllegalArgumentException if it is not a message
     */
    static List<SseEvent> split(byte[] answer) {
        ObjectNode message = Tree.object(answer);
        if (!(message.remove(CONTENT) instanceof ArrayNode content)) {
            throw new IllegalArgumentException("The answer is not a message.");
        }
        return new MessagesEvents().tell(message, content);
    }

    private List<SseEvent> tell(ObjectNode message, ArrayNode content) {
        ObjectNode last = Tree.object();
        ObjectNode delta = last.put(TYPE, "message_delta").putObject("delta");
        for (String name : List.of("stop_reason", "stop_sequence", "stop_details", "container")) {
            if (message.has(name)) {
                delta.set(name, message.get(name));
            }
        }
        last.set(USAGE, message.path(USAGE).deepCopy());
        message.putArray(CONTENT);
        message.putNull("stop_reason").putNull("stop_sequence");
        if (message.get(USAGE) instanceof ObjectNode usage) {
            usage.put("output_tokens", 0);
        }
        ObjectNode start = Tree.object().put(TYPE, "message_start");
        start.set("message", message);
        tell(start);
        int index = 0;
        for (JsonNode block : content) {
            tellBlock(index++, (ObjectNode) block);
        }
        tell(last);
        tell(Tree.object().put(TYPE, "message_stop"));
        return events;
    }

    private void tellBlock(int index, ObjectNode block) {
        List<ObjectNode> deltas = new ArrayList<>();
        ObjectNode begun = block.deepCopy();
        switch (block.path(TYPE).asText()) {
            case TEXT -> {
                begun.put(TEXT, "");
                if (block.path("citations").isArray()) {
                    begun.putArray("citations");
                    for (JsonNode citation : block.get("citations")) {
                        deltas.add(delta("citations_delta", "citation", citation));
                    }
                }
                deltas.add(0, delta("text_delta", TEXT, block.path(TEXT)));
            }
            case "thinking" -> {
                begun.put("thinking", "").put("signature", "");
                deltas.add(delta("thinking_delta", "thinking", block.path("thinking")));
                deltas.add(delta("signature_delta", "signature", block.path("signature")));
            }
            case "tool_use", "server_tool_use" -> {
                begun.putObject(INPUT);
                deltas.add(delta("input_json_delta", "partial_json",
                        begun.textNode(block.path(INPUT).toString())));
            }
            default -> {
                // told whole when it begins
            }
        }
        ObjectNode start = Tree.object().put(TYPE, "content_block_start").put("index", index);
        start.set("content_block", begun);
        tell(start);
        for (ObjectNode delta : deltas) {
            ObjectNode event = Tree.object().put(TYPE, "content_block_delta").put("index", index);
            event.set("delta", delta);
            tell(event);
        }
        tell(Tree.object().put(TYPE, "content_block_stop").put("index", index));
    }

    private static ObjectNode delta(String type, String name, JsonNode value) {
        ObjectNode delta = Tree.object().put(TYPE, type);
        delta.set(name, value);
        return delta;
    }

    private void tell(ObjectNode event) {
        events.add(SseEvent.of(event.get(TYPE).textValue(), Tree.bytes(event)));
    }
}
