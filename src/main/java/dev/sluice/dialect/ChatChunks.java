package dev.sluice.dialect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The two shapes of one chat answer: whole ({@code chat.completion}) and as the deltas of a stream
 * ({@code chat.completion.chunk}).
 */
final class ChatChunks {
    /** Delta members that a provider may repeat in every chunk; all other strings continue where the last one ended. */
    private static final Set<String> SAID_ONCE = Set.of("role", "type", "id", "name", "index", "object");

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private ChatChunks() {
    }

    /**
     * The whole answer that a finished stream told in pieces: contents and tool arguments joined, log-probabilities
     * concatenated, every choice with its finish reason, the usage of the chunk that carried it.
     *
     * @param chunks the data of the stream's events in order, without the terminal one
     * @throws IllegalArgumentException if one of them is not a JSON object
     */
    static byte[] assemble(List<byte[]> chunks) {
        ObjectNode whole = MAPPER.createObjectNode();
        Map<Integer, ObjectNode> choices = new TreeMap<>();
        for (byte[] bytes : chunks) {
            ObjectNode chunk = object(bytes);
            chunk.properties().forEach(member -> {
                if (!member.getKey().equals("choices") && !member.getValue().isNull()) {
                    whole.set(member.getKey(), member.getValue());
                }
            });
            for (JsonNode choice : chunk.path("choices")) {
                ObjectNode target = choices.computeIfAbsent(choice.path("index").asInt(), ChatChunks::emptyChoice);
                addChoice(target, choice);
            }
        }
        whole.put("object", "chat.completion");
        ArrayNode list = MAPPER.createArrayNode();
        choices.values().forEach(list::add);
        choices.values().forEach(choice -> dropIndexes(choice.path("message").path("tool_calls")));
        whole.set("choices", list);
        return bytes(whole);
    }

    private static ObjectNode emptyChoice(int index) {
        ObjectNode choice = MAPPER.createObjectNode().put("index", index);
        choice.putObject("message").put("role", "assistant").putNull("content");
        return choice.putNull("logprobs").putNull("finish_reason");
    }

    private static void addChoice(ObjectNode target, JsonNode choice) {
        choice.properties().forEach(member -> {
            switch (member.getKey()) {
                case "index" -> {
                    // it named the target
                }
                case "delta" -> merge((ObjectNode) target.get("message"), member.getValue());
                case "logprobs" -> {
                    if (member.getValue().isObject()) {
                        if (!target.path("logprobs").isObject()) {
                            target.putObject("logprobs");
                        }
                        merge((ObjectNode) target.get("logprobs"), member.getValue());
                    }
                }
                default -> {
                    if (!member.getValue().isNull()) {
                        target.set(member.getKey(), member.getValue());
                    }
                }
            }
        });
    }

    private static void merge(ObjectNode target, JsonNode delta) {
        delta.properties().forEach(member -> {
            String name = member.getKey();
            JsonNode more = member.getValue();
            JsonNode sofar = target.get(name);
            if (more.isNull()) {
                if (sofar == null) {
                    target.putNull(name);
                }
            } else if (sofar == null || sofar.isNull()) {
                target.set(name, more.isArray() ? mergeArrays(MAPPER.createArrayNode(), more) : more.deepCopy());
            } else if (more.isTextual() && sofar.isTextual() && !SAID_ONCE.contains(name)) {
                target.set(name, TextNode.valueOf(sofar.textValue() + more.textValue()));
            } else if (more.isObject() && sofar.isObject()) {
                merge((ObjectNode) sofar, more);
            } else if (more.isArray() && sofar.isArray()) {
                mergeArrays((ArrayNode) sofar, more);
            } else {
                target.set(name, more);
            }
        });
    }

    /** Elements with an index continue the element of that index; others are appended. */
    private static ArrayNode mergeArrays(ArrayNode target, JsonNode more) {
        for (JsonNode element : more) {
            ObjectNode continued = element.path("index").isInt()
                    ? withIndex(target, element.get("index").intValue())
                    : null;
            if (continued == null) {
                target.add(element.deepCopy());
            } else {
                merge(continued, element);
            }
        }
        return target;
    }

    private static ObjectNode withIndex(ArrayNode array, int index) {
        for (JsonNode element : array) {
            if (element.path("index").isInt() && element.get("index").intValue() == index) {
                return (ObjectNode) element;
            }
        }
        return null;
    }

    /** A whole answer's tool calls have no index. */
    private static void dropIndexes(JsonNode toolCalls) {
        toolCalls.forEach(call -> {
            if (call instanceof ObjectNode object) {
                object.remove("index");
            }
        });
    }

    /** @param usage whether it has nothing but the usage to tell */
    record Chunk(byte[] bytes, boolean usage) {}

    /**
     * A stream that tells this whole answer: one chunk per choice with everything it says, one with its finish reason,
     * and one with the usage if it has one; without the terminal event.
     */
    static List<Chunk> split(byte[] completion) {
        ObjectNode whole = object(completion);
        JsonNode usage = whole.remove("usage");
        JsonNode choices = whole.remove("choices");
        whole.put("object", "chat.completion.chunk");
        List<Chunk> chunks = new ArrayList<>();
        for (JsonNode choice : choices == null ? MAPPER.createArrayNode() : choices) {
            ObjectNode said = choice.deepCopy();
            JsonNode message = said.remove("message");
            JsonNode finish = said.remove("finish_reason");
            said.set("delta", indexed(message));
            said.putNull("finish_reason");
            chunks.add(new Chunk(chunk(whole, said), false));
            ObjectNode end = MAPPER.createObjectNode();
            end.set("index", said.path("index"));
            end.putObject("delta");
            end.putNull("logprobs");
            end.set("finish_reason", finish);
            chunks.add(new Chunk(chunk(whole, end), false));
        }
        if (usage != null) {
            ObjectNode last = whole.deepCopy();
            last.putArray("choices");
            last.set("usage", usage);
            chunks.add(new Chunk(bytes(last), true));
        }
        return chunks;
    }

    private static JsonNode indexed(JsonNode message) {
        if (message == null) {
            return MAPPER.createObjectNode();
        }
        int index = 0;
        for (JsonNode call : message.path("tool_calls")) {
            ((ObjectNode) call).put("index", index++);
        }
        return message;
    }

    private static byte[] chunk(ObjectNode frame, ObjectNode choice) {
        ObjectNode chunk = frame.deepCopy();
        chunk.putArray("choices").add(choice);
        return bytes(chunk);
    }

    private static ObjectNode object(byte[] bytes) {
        try {
            if (MAPPER.readTree(bytes) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("An event of the stream is not JSON.", e);
        }
        throw new IllegalArgumentException("An event of the stream is not a JSON object.");
    }

    private static byte[] bytes(ObjectNode object) {
        try {
            return MAPPER.writeValueAsBytes(object);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
