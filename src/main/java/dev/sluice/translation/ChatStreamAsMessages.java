package dev.sluice.translation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The chunks of a chat completion as Anthropic's events. There, one block is told at a time and ended before the next
 * begins; a provider may tell several tool calls at once. So the first that is not complete is told as it comes, and what
 * comes of the others meanwhile waits: that, at most the arguments of one answer's calls, is all that is kept.
 */
final class ChatStreamAsMessages implements StreamTranslation {
    private static final int SERVER_ERROR = 500;
    /** Characters of arguments; more than an answer has. */
    private static final int MOST_WAITING = 8 << 20;

    /** The block that is being told. */
    private enum Block {
        NONE, THINKING, TEXT, TOOL
    }

    private final boolean thoughts;
    private final List<SseEvent> told = new ArrayList<>();
    private final Map<Integer, Call> calls = new TreeMap<>();
    private final Deque<Call> waiting = new ArrayDeque<>();
    private ObjectNode usage = UsageMembers.unknown();
    private boolean started;
    private boolean finished;
    private boolean refused;
    private Block open = Block.NONE;
    private Call current;
    private int index;
    private String finishReason;

    /** @param thoughts whether the client asked for what the model thinks */
    ChatStreamAsMessages(boolean thoughts) {
        this.thoughts = thoughts;
    }

    /** A tool call as far as it is known; the pieces are those that have not been told. */
    private static final class Call {
        private final ToolArguments arguments = new ToolArguments();
        private final StringBuilder untold = new StringBuilder();
        private String id = "";
        private String name = "";
        private boolean begun;
    }

    @Override
    public List<SseEvent> take(SseEvent event) {
        told.clear();
        if (!event.hasData()) {
            return List.of(event);
        }
        if (event.isDone()) {
            finish();
        } else {
            ObjectNode chunk = Tree.read(event.data())
                    .orElseThrow(() -> new UnreadableAnswer("sent an event that is not a JSON object"));
            if (Tree.has(chunk, "error")) {
                tell("error", error(chunk));
            } else {
                take(chunk);
            }
        }
        return List.copyOf(told);
    }

    @Override
    public List<SseEvent> end() {
        told.clear();
        finish();
        return List.copyOf(told);
    }

    private static byte[] error(JsonNode chunk) {
        int status = chunk.path("error").path("code").asInt(SERVER_ERROR);
        return ErrorBodies.asMessages(status < 400 ? SERVER_ERROR : status, chunk);
    }

    private void take(JsonNode chunk) {
        if (!started && !chunk.path("choices").isEmpty()) { // Azure's first chunk has none, no id and no model
            start(chunk);
        }
        if (chunk.path("usage").isObject()) {
            usage = UsageMembers.asMessages(chunk.get("usage"));
        }
        JsonNode choice = chunk.path("choices").path(0);
        JsonNode delta = choice.path("delta");
        if (thoughts) {
            say(Block.THINKING, ChatAnswerAsMessages.thoughts(delta));
        }
        say(Block.TEXT, delta.path("content").asText(""));
        if (Tree.has(delta, "refusal")) {
            refused = true;
            say(Block.TEXT, Tree.text(delta, "refusal"));
        }
        for (JsonNode call : delta.path("tool_calls")) {
            takeCall(call);
        }
        if (Tree.has(choice, "finish_reason")) {
            finishReason = Tree.text(choice, "finish_reason");
        }
    }

    private void start(JsonNode chunk) {
        started = true;
        ObjectNode event = Tree.object().put("type", "message_start");
        ObjectNode message = event.putObject("message").put("id", ChatAnswerAsMessages.id(chunk))
                .put("type", "message").put("role", "assistant");
        message.set("model", chunk.path("model"));
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        message.set("usage", UsageMembers.unknown());
        tell("message_start", event);
    }

    private void say(Block kind, String text) {
        if (text.isEmpty()) {
            return;
        }
        if (open != kind) {
            tellWaiting(); // text behind a call means that the call is complete
            stopBlock();
            open = kind;
            ObjectNode block = kind == Block.TEXT
                    ? Tree.object().put("type", "text").put("text", "")
                    : Tree.object().put("type", "thinking").put("thinking", "").put("signature", "");
            startBlock(block);
        }
        tellDelta(kind == Block.TEXT
                ? Tree.object().put("type", "text_delta").put("text", text)
                : Tree.object().put("type", "thinking_delta").put("thinking", text));
    }

    private void takeCall(JsonNode piece) {
        JsonNode number = piece.path("index"); // Gemini leaves it out, but tells each call at once
        int key = number.isInt() ? number.intValue() : calls.size() + (piece.has("id") ? 0 : -1);
        Call call = calls.get(key);
        if (call == null) {
            call = new Call();
            calls.put(key, call);
            waiting.add(call);
        }
        if (call.id.isEmpty()) {
            call.id = Tree.text(piece, "id");
        }
        if (call.name.isEmpty()) {
            call.name = Tree.text(piece.path("function"), "name");
        }
        String arguments = Tree.text(piece.path("function"), "arguments");
        call.arguments.add(arguments);
        call.untold.append(arguments);
        if (call == current) {
            tellArguments(call);
        } else if (call.begun && !arguments.isBlank() || call.untold.length() > MOST_WAITING) {
            throw new UnreadableAnswer("tells its tool calls in an order that cannot be followed");
        }
        while (!waiting.isEmpty() && (current == null || current.arguments.complete()) && isNamed(waiting.peek())) {
            tellCall(waiting.remove());
        }
    }

    private static boolean isNamed(Call call) {
        return !call.id.isEmpty() && !call.name.isEmpty();
    }

    private void tellCall(Call call) {
        stopBlock();
        open = Block.TOOL;
        current = call;
        call.begun = true;
        ObjectNode block = Tree.object().put("type", "tool_use")
                .put("id", call.id.isEmpty() ? "toolu_" + index : call.id).put("name", call.name);
        block.putObject("input");
        startBlock(block);
        tellArguments(call);
    }

    private void tellArguments(Call call) {
        if (!call.untold.isEmpty()) {
            tellDelta(Tree.object().put("type", "input_json_delta").put("partial_json", call.untold.toString()));
            call.untold.setLength(0);
        }
    }

    private void tellWaiting() {
        while (!waiting.isEmpty()) {
            tellCall(waiting.remove());
        }
    }

    private void startBlock(ObjectNode block) {
        ObjectNode event = Tree.object().put("type", "content_block_start").put("index", index);
        event.set("content_block", block);
        tell("content_block_start", event);
    }

    private void tellDelta(ObjectNode delta) {
        ObjectNode event = Tree.object().put("type", "content_block_delta").put("index", index);
        event.set("delta", delta);
        tell("content_block_delta", event);
    }

    private void stopBlock() {
        if (open != Block.NONE) {
            tell("content_block_stop", Tree.object().put("type", "content_block_stop").put("index", index++));
            open = Block.NONE;
            current = null;
        }
    }

    /** The usage comes behind the finish reason there; here it goes with it. */
    private void finish() {
        if (finished || !started || finishReason == null) {
            return;
        }
        finished = true;
        tellWaiting();
        stopBlock();
        ObjectNode event = Tree.object().put("type", "message_delta");
        event.putObject("delta")
                .put("stop_reason",
                        refused ? "refusal" : StopReasons.asMessages(finishReason, !calls.isEmpty()))
                .putNull("stop_sequence");
        event.set("usage", usage);
        tell("message_delta", event);
        tell("message_stop", Tree.object().put("type", "message_stop"));
    }

    private void tell(String type, ObjectNode data) {
        tell(type, Tree.bytes(data));
    }

    private void tell(String type, byte[] data) {
        told.add(SseEvent.of(type, data));
    }
}
