package dev.sluice.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;
import dev.sluice.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells a response as the events of the Responses API, in its order and numbered from 0: the response begins; each item
 * is added, told and done; the response ends with all of it. Items are told one after the other or side by side.
 */
public final class ResponseEvents {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final ObjectNode response;
    private final ArrayNode output = NODES.arrayNode();
    private final List<SseEvent> told = new ArrayList<>();
    private int sequence;

    /** @param response all that the answer says of itself, but for its output */
    public ResponseEvents(ObjectNode response) {
        this.response = response;
    }

    /** The events that tell this whole response. */
    public static List<SseEvent> of(ObjectNode whole) {
        ObjectNode unfinished = whole.deepCopy();
        unfinished.putNull("usage");
        unfinished.remove("completed_at");
        unfinished.putNull("incomplete_details");
        ResponseEvents events = new ResponseEvents(unfinished);
        events.begin();
        for (JsonNode item : whole.path("output")) {
            events.replay((ObjectNode) item);
        }
        events.end(whole.deepCopy());
        return events.take();
    }

    /** Items of kinds that are told in pieces are; all others come as they are. */
    private void replay(ObjectNode item) {
        ObjectNode begun = item.deepCopy();
        if (item.has("status")) {
            begun.put("status", "in_progress");
        }
        Call call = Call.of(item);
        if (item.path("content").isArray()) {
            begun.putArray("content");
        }
        if (item.path("summary").isArray()) {
            begun.putArray("summary");
        }
        if (call != null) {
            begun.put(call.member, "");
        }
        Item told = item(begun);
        output.set(told.index, item);
        told.replaySummary(item.path("summary"));
        item.path("content").forEach(told::replayPart);
        if (call != null) {
            told.call(call, item.path(call.member).asText());
            told.endCall(call);
        }
        told.tell("response.output_item.done", item);
    }

    /** What has been told since this was last asked. */
    public List<SseEvent> take() {
        List<SseEvent> events = List.copyOf(told);
        told.clear();
        return events;
    }

    public void begin() {
        ObjectNode begun = response.deepCopy().put("status", "in_progress");
        begun.putArray("output");
        for (String type : new String[]{ "response.created", "response.in_progress"}) {
            tell(type, NODES.objectNode().set("response", begun));
        }
    }

    /** An item whose place in the output is its place in this sequence of calls. */
    public Item item(ObjectNode begun) {
        output.add(begun);
        Item item = new Item(begun, output.size() - 1);
        item.tell("response.output_item.added", begun);
        return item;
    }

    /** @param ended what the response says of itself at its end, its status among it */
    public void end(ObjectNode ended) {
        ended.set("output", output);
        tell("response." + ended.path("status").asText("completed"), NODES.objectNode().set("response", ended));
    }

    private void tell(String type, ObjectNode members) {
        ObjectNode event = NODES.objectNode().put("type", type).put("sequence_number", sequence++);
        event.setAll(members);
        told.add(SseEvent.of(type, Tree.bytes(event)));
    }

    /** A part of the output on its way. */
    public final class Item {
        private final ObjectNode item;
        private final int index;
        private ObjectNode part;
        private int partIndex = -1;
        private final StringBuilder said = new StringBuilder();
        private ArrayNode logprobs = NODES.arrayNode();

        private Item(ObjectNode item, int index) {
            this.item = item;
            this.index = index;
        }

        private void tell(String type, ObjectNode told) {
            ResponseEvents.this.tell(type, NODES.objectNode().put("output_index", index).set("item", told.deepCopy()));
        }

        private ObjectNode place() {
            return NODES.objectNode().put("item_id", item.path("id").asText()).put("output_index", index);
        }

        private ObjectNode placeOfPart() {
            return place().put("content_index", partIndex);
        }

        /** More of a message's text, of its refusal or of a thought, each of which is a part of its own. */
        public void say(Part kind, String delta, JsonNode deltaLogprobs) {
            if (part == null || !part.path("type").asText().equals(kind.type)) {
                endPart();
                part = kind.empty();
                partIndex++;
                ResponseEvents.this.tell("response.content_part.added",
                        placeOfPart().set("part", part.deepCopy()));
            }
            said.append(delta);
            ObjectNode event = placeOfPart().put("delta", delta);
            if (kind == Part.TEXT) {
                ArrayNode news = NODES.arrayNode();
                deltaLogprobs.forEach(news::add);
                logprobs.addAll(news);
                event.set("logprobs", news);
            }
            ResponseEvents.this.tell("response." + kind.event + ".delta", event);
        }

        /** More of what a tool is called with. */
        public void call(Call kind, String delta) {
            said.append(delta);
            ResponseEvents.this.tell("response." + kind.event + ".delta", place().put("delta", delta));
        }

        public void endCall(Call kind) {
            item.put(kind.member, said.toString());
            ObjectNode event = place().put(kind.member, said.toString());
            if (kind == Call.FUNCTION) {
                event.set("name", item.path("name"));
            }
            ResponseEvents.this.tell("response." + kind.event + ".done", event);
        }

        private void replayPart(JsonNode whole) {
            Part kind = Part.of(whole);
            say(kind, whole.path(kind.member).asText(), whole.path("logprobs"));
            int number = 0;
            for (JsonNode annotation : whole.path("annotations")) {
                ObjectNode event = placeOfPart().put("annotation_index", number++);
                ResponseEvents.this.tell("response.output_text.annotation.added", event.set("annotation", annotation));
            }
            part.setAll((ObjectNode) whole);
            endPart();
        }

        private void replaySummary(JsonNode summary) {
            int number = 0;
            for (JsonNode whole : summary) {
                ObjectNode place = place().put("summary_index", number++);
                ObjectNode empty = ((ObjectNode) whole.deepCopy()).put("text", "");
                String kind = "response.reasoning_summary_";
                ResponseEvents.this.tell(kind + "part.added", place.deepCopy().set("part", empty));
                ResponseEvents.this.tell(kind + "text.delta", place.deepCopy().set("delta", whole.path("text")));
                ResponseEvents.this.tell(kind + "text.done", place.deepCopy().set("text", whole.path("text")));
                ResponseEvents.this.tell(kind + "part.done", place.deepCopy().set("part", whole));
            }
        }

        private void endPart() {
            if (part == null) {
                return;
            }
            Part kind = Part.of(part);
            part.put(kind.member, said.toString());
            ObjectNode event = placeOfPart().put(kind.member, said.toString());
            if (kind == Part.TEXT) {
                part.set("logprobs", logprobs);
                event.set("logprobs", logprobs);
            }
            ResponseEvents.this.tell("response." + kind.event + ".done", event);
            ResponseEvents.this.tell("response.content_part.done", placeOfPart().set("part", part));
            ((ArrayNode) item.withArray("content")).add(part);
            part = null;
            said.setLength(0);
            logprobs = NODES.arrayNode();
        }

        /** @param status of the item; empty: items of this kind have none */
        public void end(String status) {
            endPart();
            if (!status.isEmpty()) {
                item.put("status", status);
            }
            tell("response.output_item.done", item);
        }
    }

    /** What an item's content is made of. */
    public enum Part {
        TEXT("output_text", "text", "output_text"), REFUSAL("refusal", "refusal", "refusal"), THOUGHT("reasoning_text",
                "text", "reasoning_text");

        private final String type;
        private final String member;
        private final String event;

        Part(String type, String member, String event) {
            this.type = type;
            this.member = member;
            this.event = event;
        }

        private ObjectNode empty() {
            ObjectNode part = NODES.objectNode().put("type", type).put(member, "");
            if (this == TEXT) {
                part.putArray("annotations");
                part.putArray("logprobs");
            }
            return part;
        }

        private static Part of(JsonNode part) {
            String type = part.path("type").asText();
            return type.equals(REFUSAL.type) ? REFUSAL : type.equals(THOUGHT.type) ? THOUGHT : TEXT;
        }

    }

    /** What a tool is called with. */
    public enum Call {
        FUNCTION("arguments", "function_call_arguments"), CUSTOM("input", "custom_tool_call_input");

        private final String member;
        private final String event;

        Call(String member, String event) {
            this.member = member;
            this.event = event;
        }

        /** Null where the item is no call that is told in pieces. */
        private static Call of(JsonNode item) {
            return switch (item.path("type").asText()) {
                case "function_call" -> FUNCTION;
                case "custom_tool_call" -> CUSTOM;
                default -> null;
            };
        }

        /** The item's member that says it. */
        public String member() {
            return member;
        }
    }
}
