package dev.sluice.dialect;

import dev.sluice.Endpoint;
import dev.sluice.Finish;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.sse.SseEvent;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Anthropic's Messages API. */
final class MessagesDialect implements Dialect {
    static final MessagesDialect INSTANCE = new MessagesDialect();

    private static final String MESSAGES = "messages";
    private static final String CONTENT = "content";
    private static final String MAX_TOKENS = "max_tokens";
    private static final Set<String> BOUNDS = Set.of(MAX_TOKENS);
    private static final Set<String> APART_FROM_PROMPT = Set.of("model", MESSAGES, "metadata", "stop_sequences",
            "service_tier", "thinking", "tool_choice", "container", "inference_geo", "cache_control", "diagnostics",
            "context_management", "user_profile_id", "workspace_id");
    /** Beginnings of the types of tools that the client runs itself although Anthropic made them. */
    private static final List<String> RUN_BY_CLIENTS = List.of("bash_", "text_editor_", "memory_", "computer_",
            "browser_", "tool_search_tool_");

    private MessagesDialect() {
    }

    @Override
    public Endpoint endpoint() {
        return Endpoint.MESSAGES;
    }

    @Override
    public Request read(byte[] bytes) {
        RequestBody body = RequestBody.parse(bytes);
        String model = body.requiredText("model");
        int messages = body.messages(false, "a string or an array of blocks");
        requireTexts(body, "system");
        body.requireKind("metadata", Kind.OBJECT, "an object");
        body.requireKind("tools", Kind.ARRAY, "an array");
        body.requireKind("tool_choice", Kind.OBJECT, "an object");
        body.requireKind("thinking", Kind.OBJECT, "an object");
        body.requireKind("output_config", Kind.OBJECT, "an object");
        body.requireKind("stop_sequences", Kind.ARRAY, "an array");
        body.requireKind("temperature", Kind.NUMBER, "a number");
        refuseForeignContainer(body);
        return new Request(Endpoint.MESSAGES, body.json(), model, prompt(body.json(), messages),
                body.count(MAX_TOKENS, 0), 1, body.flag("stream"));
    }

    private static void requireTexts(RequestBody body, String name) {
        int value = body.member(name);
        if (body.has(name) && !body.json().is(value, Kind.STRING) && !body.json().is(value, Kind.ARRAY)) {
            throw RequestBody.refused(name, "`" + name + "` must be a string or an array of blocks.");
        }
    }

    /** A container holds what somebody's code left there; whose it is, nobody here knows. */
    private static void refuseForeignContainer(RequestBody body) {
        int container = body.member("container");
        boolean named = body.json().is(container, Kind.STRING) || body.json().string(container, "id").isPresent();
        if (named) {
            throw RequestBody.refused("container", "A container cannot be used again through this gateway.");
        }
    }

    /** The last thing that the user says in words; results of tools are none. */
    private static String prompt(Json body, int messages) {
        String asked = "";
        for (int message = body.first(messages); message != Json.NONE; message = body.next(messages, message)) {
            if (body.text(body.member(message, "role")).equals("user")) {
                String said = RequestBody.text(body, body.member(message, CONTENT));
                asked = said.isEmpty() ? asked : said;
            }
        }
        return asked;
    }

    @Override
    public byte[] error(Refusal refusal) {
        return AnthropicErrors.json(refusal);
    }

    @Override
    public SseEvent errorEvent(Refusal refusal) {
        return SseEvent.of("error", AnthropicErrors.json(refusal));
    }

    @Override
    public Set<String> boundNames() {
        return BOUNDS;
    }

    @Override
    public String boundName(String host) {
        return MAX_TOKENS;
    }

    @Override
    public boolean demandsBound() {
        return true;
    }

    @Override
    public String turnsName() {
        return MESSAGES;
    }

    @Override
    public Set<String> apartFromPrompt() {
        return APART_FROM_PROMPT;
    }

    @Override
    public boolean touchesUpstreamState(Request request) {
        RequestBody body = new RequestBody(request.body());
        return body.has("container") || body.has("mcp_servers") || body.has("diagnostics")
                || body.hasHostedTool("custom", MessagesDialect::runByClient);
    }

    private static boolean runByClient(String type) {
        return type.equals("custom") || RUN_BY_CLIENTS.stream().anyMatch(type::startsWith);
    }

    @Override
    public Optional<WholeAnswer> answer(byte[] body) {
        return WholeAnswer.read(body, new MessagesUsage(), new FinishReader.OfMessage());
    }

    static Finish finish(String stopReason) {
        return switch (stopReason) {
            case "end_turn", "stop_sequence", "tool_use" -> Finish.COMPLETE;
            case MAX_TOKENS, "model_context_window_exceeded" -> Finish.AT_BOUND;
            default -> Finish.OTHER; // a pause, a refusal
        };
    }

    @Override
    public StreamReader reader(Request request, String model) {
        return new MessagesReader(model);
    }

    @Override
    public boolean isTerminal(SseEvent event) {
        return event.type().equals("message_stop");
    }

    @Override
    public byte[] assemble(List<SseEvent> events) {
        return MessagesEvents.assemble(events.stream().filter(SseEvent::hasData).map(SseEvent::data).toList());
    }

    @Override
    public List<SseEvent> split(byte[] answer, Request request) {
        return MessagesEvents.split(answer);
    }
}
