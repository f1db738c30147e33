package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;
import dev.sluice.sse.SseEvent;
import java.util.List;

/**
 * Anthropic's events as the chunks of a chat completion: one for each delta, one with the finish reason, one with the
 * usage, {@code [DONE]}. It keeps the head of the message, the usage and the number of the tool call that is being told.
 */
final class MessagesStreamAsChat implements StreamTranslation {
    private static final List<SseEvent> NOTHING = List.of();

    private final long created;
    private final boolean usageWanted;
    private final ObjectNode usage = Tree.object();
    private JsonNode id = Tree.object().nullNode();
    private JsonNode model = id;
    private int calls;
    private boolean inCall;
    private boolean callHasArguments;
    private boolean finished;
    private boolean ended;

    /**
     * @param created seconds since the epoch; Anthropic does not say when
     * @param usageWanted whether the client asked for the usage
     */
    MessagesStreamAsChat(long created, boolean usageWanted) {
        this.created = created;
        this.usageWanted = usageWanted;
    }

    @Override
    public List<SseEvent> take(SseEvent event) {
        if (!event.hasData()) {
            return List.of(event);
        }
        ObjectNode data = Tree.read(event.data())
                .orElseThrow(() -> new UnreadableAnswer("sent an event that is not a JSON object"));
        return switch (Tree.text(data, "type")) {
            case "message_start" -> start(data.path("message"));
            case "content_block_start" -> startBlock(data.path("content_block"));
            case "content_block_delta" -> delta(data.path("delta"));
            case "content_block_stop" -> stopBlock();
            case "message_delta" -> finish(data);
            case "message_stop" -> stop();
            case "error" -> List.of(SseEvent.of(ErrorBodies.asChat(data)));
            case "ping" -> List.of(SseEvent.comment("ping"));
            default -> NOTHING; // to be ignored, Anthropic's versioning policy says
        };
    }

    @Override
    public List<SseEvent> end() {
        return finished && !ended ? stop() : NOTHING;
    }

    private List<SseEvent> stop() {
        ended = true;
        return List.of(usageChunk(), SseEvent.DONE);
    }

    private List<SseEvent> start(JsonNode message) {
        id = message.path("id");
        model = message.path("model");
        UsageMembers.update(usage, message.path("usage"));
        return said(Tree.object().put("role", "assistant").put("content", ""));
    }

    private List<SseEvent> startBlock(JsonNode block) {
        switch (Tree.text(block, "type")) {
            case "text" -> {
                return text("content", Tree.text(block, "text"));
            }
            case "thinking" -> {
                return text("reasoning_content", Tree.text(block, "thinking"));
            }
            case "tool_use" -> {
                inCall = true;
                String input = block.path("input").isEmpty() ? "" : block.get("input").toString();
                callHasArguments = !input.isEmpty();
                ObjectNode delta = Tree.object();
                ObjectNode call = delta.putArray("tool_calls").addObject().put("index", calls++)
                        .put("id", Tree.text(block, "id")).put("type", "function");
                call.putObject("function").put("name", Tree.text(block, "name")).put("arguments", input);
                return said(delta);
            }
            default -> {
                return NOTHING;
            }
        }
    }

    private List<SseEvent> delta(JsonNode delta) {
        return switch (Tree.text(delta, "type")) {
            case "text_delta" -> text("content", Tree.text(delta, "text"));
            case "thinking_delta" -> text("reasoning_content", Tree.text(delta, "thinking"));
            case "input_json_delta" -> arguments(Tree.text(delta, "partial_json"));
            default -> NOTHING; // signatures and citations
        };
    }

    private List<SseEvent> text(String member, String text) {
        return text.isEmpty() ? NOTHING : said(Tree.object().put(member, text));
    }

    private List<SseEvent> arguments(String piece) {
        if (!inCall || piece.isEmpty()) {
            return NOTHING; // the input of one of Anthropic's own tools
        }
        callHasArguments = true;
        ObjectNode delta = Tree.object();
        delta.putArray("tool_calls").addObject().put("index", calls - 1).putObject("function").put("arguments", piece);
        return said(delta);
    }

    /** A tool without parameters is called with no input at all, which is no JSON. */
    private List<SseEvent> stopBlock() {
        boolean withoutArguments = inCall && !callHasArguments;
        List<SseEvent> told = withoutArguments ? arguments("{}") : NOTHING;
        inCall = false;
        return told;
    }

    private List<SseEvent> finish(JsonNode event) {
        UsageMembers.update(usage, event.path("usage"));
        String reason = Tree.text(event.path("delta"), "stop_reason");
        finished |= !reason.isEmpty();
        return reason.isEmpty() ? NOTHING : List.of(chunk(Tree.object(), StopReasons.asChat(reason)));
    }

    private List<SseEvent> said(ObjectNode delta) {
        return List.of(chunk(delta, null));
    }

    private SseEvent chunk(ObjectNode delta, String finishReason) {
        ObjectNode chunk = frame();
        ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.putNull("logprobs").put("finish_reason", finishReason);
        return SseEvent.of(Tree.bytes(chunk));
    }

    private SseEvent usageChunk() {
        ObjectNode chunk = frame();
        chunk.putArray("choices");
        chunk.set("usage", UsageMembers.asChat(usage));
        SseEvent event = SseEvent.of(Tree.bytes(chunk));
        return usageWanted ? event : event.asHidden();
    }

    private ObjectNode frame() {
        ObjectNode chunk = Tree.object();
        chunk.set("id", id);
        chunk.put("object", "chat.completion.chunk").put("created", created);
        chunk.set("model", model);
        return chunk;
    }
}
