package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.dialect.ResponseEvents;
import dev.sluice.dialect.ResponseEvents.Call;
import dev.sluice.dialect.ResponseEvents.Item;
import dev.sluice.dialect.ResponseEvents.Part;
import dev.sluice.json.Tree;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What a chat completion says, told as a response: whole or by its chunks, which come to the same. What the model thought
 * aloud ({@code reasoning_content}, {@code reasoning}) becomes an item before its message, each tool call one after it.
 */
final class ResponsesOfChat implements StreamTranslation {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String COMPLETED = "completed";

    /** What a response repeats of its request, with what the API says where the request did not. */
    private static final Map<String, String> ECHOED = new TreeMap<>(Map.ofEntries(
            Map.entry("instructions", "null"), Map.entry("max_output_tokens", "null"),
            Map.entry("max_tool_calls", "null"), Map.entry("parallel_tool_calls", "true"),
            Map.entry("temperature", "1"), Map.entry("top_p", "1"), Map.entry("top_logprobs", "0"),
            Map.entry("tool_choice", "\"auto\""), Map.entry("tools", "[]"),
            Map.entry("text", "{\"format\":{\"type\":\"text\"}}"),
            Map.entry("reasoning", "{\"effort\":null,\"summary\":null}"), Map.entry("truncation", "\"disabled\""),
            Map.entry("service_tier", "\"default\""), Map.entry("safety_identifier", "null"),
            Map.entry("prompt_cache_key", "null"), Map.entry("user", "null"), Map.entry("metadata", "{}")));
    private static final ObjectNode UNSAID = unsaid();

    private final ObjectNode request;
    private ObjectNode response;
    private ResponseEvents events;
    private String suffix;
    private int items;
    private Item thought;
    private Item message;
    private final Map<Integer, ToolCall> calls = new TreeMap<>();
    private String finish = "";
    private JsonNode usage = NODES.missingNode();
    private boolean ended;

    /** @param request the client's */
    ResponsesOfChat(ObjectNode request) {
        this.request = request;
    }

    private static ObjectNode unsaid() {
        StringBuilder json = new StringBuilder("{");
        ECHOED.forEach((name, value) -> json.append(json.length() == 1 ? "\"" : ",\"").append(name).append("\":")
                .append(value));
        return Tree.object(json.append('}').toString().getBytes(StandardCharsets.UTF_8));
    }

    private record ToolCall(Item item, Call kind) {}

    /** The response that says what this chat completion says. */
    byte[] whole(ObjectNode completion) {
        begin(completion);
        JsonNode choice = completion.path("choices").path(0);
        if (!choice.path("message").isObject()) {
            throw new UnreadableAnswer("answered something that is not a chat completion");
        }
        told(choice.path("message"), choice);
        usage = completion.path("usage");
        return Tree.bytes(finish());
    }

    @Override
    public List<SseEvent> take(SseEvent event) {
        if (ended) {
            return List.of();
        }
        if (!event.hasData()) {
            return List.of(event);
        }
        if (event.isDone()) {
            return end();
        }
        ObjectNode chunk = ResponsesToChat.read(event.data(), "sent an event that is not a JSON object");
        if (response == null) {
            begin(chunk);
        }
        if (chunk.path("error").isObject()) {
            fail(chunk.get("error"));
            return events.take();
        }
        if (chunk.path("usage").isObject()) {
            usage = chunk.get("usage");
        }
        JsonNode choice = chunk.path("choices").path(0);
        told(choice.path("delta"), choice);
        return events.take();
    }

    /** Nothing where the stream broke off: an answer without its end must not look like a whole one. */
    @Override
    public List<SseEvent> end() {
        if (ended || response == null || finish.isEmpty()) {
            return List.of();
        }
        finish();
        return events.take();
    }

    private void begin(ObjectNode from) {
        String id = from.path("id").asText();
        suffix = id.isEmpty()
                ? Long.toHexString(ThreadLocalRandom.current().nextLong())
                : id.startsWith("chatcmpl-") ? id.substring("chatcmpl-".length()) : id;
        response = NODES.objectNode().put("id", "resp_" + suffix).put("object", "response")
                .put("created_at", from.path("created").asLong(Instant.now().getEpochSecond()))
                .put("status", "in_progress").put("background", false).putNull("error").putNull("incomplete_details");
        response.set("model", from.path("model"));
        response.putArray("output");
        response.putNull("previous_response_id").put("store", false);
        ECHOED.keySet().forEach(
                name -> response.set(name, request.hasNonNull(name) ? request.get(name) : UNSAID.get(name)));
        response.putNull("usage");
        events = new ResponseEvents(response);
        events.begin();
    }

    /** @param news of the message, a part of it or all; choice says how it ended, if it did */
    private void told(JsonNode news, JsonNode choice) {
        String thinking = news.path("reasoning_content").asText(news.path("reasoning").asText(""));
        if (!thinking.isEmpty()) {
            thought().say(Part.THOUGHT, thinking, NODES.missingNode());
        }
        String text = news.path("content").asText("");
        if (!text.isEmpty()) {
            message().say(Part.TEXT, text, logprobs(choice));
        }
        String refusal = news.path("refusal").asText("");
        if (!refusal.isEmpty()) {
            message().say(Part.REFUSAL, refusal, NODES.missingNode());
        }
        int position = 0;
        for (JsonNode call : news.path("tool_calls")) {
            toolCall(call, call.path("index").asInt(position++));
        }
        if (choice.path("finish_reason").isTextual()) {
            finish = choice.get("finish_reason").asText();
        }
    }

    private static JsonNode logprobs(JsonNode choice) {
        JsonNode logprobs = choice.path("logprobs").path("content");
        return logprobs.isArray() ? logprobs : NODES.arrayNode();
    }

    private String id(String kind) {
        return kind + "_" + suffix + (items == 0 ? "" : "_" + items);
    }

    private Item thought() {
        if (thought == null) {
            ObjectNode begun = NODES.objectNode().put("id", id("rs")).put("type", "reasoning");
            begun.putArray("summary");
            begun.putArray("content");
            thought = open(begun);
        }
        return thought;
    }

    private Item message() {
        endThought();
        if (message == null) {
            ObjectNode begun = NODES.objectNode().put("id", id("msg")).put("type", "message")
                    .put("status", "in_progress").put("role", "assistant");
            begun.putArray("content");
            message = open(begun);
        }
        return message;
    }

    private Item open(ObjectNode begun) {
        items++;
        return events.item(begun);
    }

    private void endThought() {
        if (thought != null) {
            thought.end("");
            thought = null;
        }
    }

    private void endMessage(String status) {
        if (message != null) {
            message.end(status);
            message = null;
        }
    }

    /** Calls may be told side by side, so they are done only when all is. */
    private void toolCall(JsonNode news, int index) {
        endThought();
        ToolCall call = calls.get(index);
        if (call == null) {
            endMessage(COMPLETED);
            Call kind = news.path("custom").isObject() ? Call.CUSTOM : Call.FUNCTION;
            boolean custom = kind == Call.CUSTOM;
            ObjectNode begun = NODES.objectNode().put("id", id(custom ? "ctc" : "fc"))
                    .put("type", custom ? "custom_tool_call" : "function_call").put("status", "in_progress");
            begun.set("call_id", news.path("id"));
            begun.set("name", what(news, kind).path("name"));
            begun.put(kind.member(), "");
            call = new ToolCall(open(begun), kind);
            calls.put(index, call);
        }
        String more = what(news, call.kind).path(call.kind.member()).asText("");
        if (!more.isEmpty()) {
            call.item.call(call.kind, more);
        }
    }

    private static JsonNode what(JsonNode call, Call kind) {
        return call.path(kind == Call.CUSTOM ? "custom" : "function");
    }

    private ObjectNode finish() {
        ended = true;
        String reason = switch (finish) {
            case "length" -> "max_output_tokens";
            case "content_filter" -> "content_filter";
            default -> null;
        };
        String status = reason == null ? COMPLETED : "incomplete";
        if (message == null && calls.isEmpty() && items == 0 && reason == null) {
            message(); // an answer without a word is a message without a part
        }
        endThought();
        endMessage(status);
        calls.values().forEach(call -> {
            call.item.endCall(call.kind);
            call.item.end(status);
        });
        ObjectNode end = response.deepCopy().put("status", status);
        if (reason == null) {
            end.put("completed_at", Math.max(response.path("created_at").asLong(), Instant.now().getEpochSecond()));
        } else {
            end.putObject("incomplete_details").put("reason", reason);
        }
        end.set("usage", usage());
        events.end(end);
        return end;
    }

    private void fail(JsonNode error) {
        ended = true;
        ObjectNode end = response.deepCopy().put("status", "failed");
        end.putObject("error").put("code", "server_error").put("message",
                error.path("message").asText("The provider failed."));
        events.end(end);
    }

    private JsonNode usage() {
        if (!usage.isObject()) {
            return NODES.nullNode();
        }
        long input = usage.path("prompt_tokens").asLong();
        long output = usage.path("completion_tokens").asLong();
        JsonNode details = usage.path("prompt_tokens_details");
        ObjectNode translated = NODES.objectNode().put("input_tokens", input);
        translated.putObject("input_tokens_details")
                .put("cached_tokens",
                        details.path("cached_tokens").asLong(usage.path("prompt_cache_hit_tokens").asLong()))
                .put("cache_write_tokens", details.path("cache_write_tokens").asLong());
        translated.put("output_tokens", output).putObject("output_tokens_details").put("reasoning_tokens",
                usage.path("completion_tokens_details").path("reasoning_tokens").asLong());
        return translated.put("total_tokens", usage.path("total_tokens").asLong(input + output));
    }
}
