package dev.sluice.dialect;

import dev.sluice.Endpoint;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;
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
        int messages = messages(body);
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

    private static int messages(RequestBody body) {
        int messages = body.member(MESSAGES);
        Json json = body.json();
        if (messages == Json.NONE) {
            throw RequestBody.refused(MESSAGES, "`messages` is missing.");
        }
        if (!json.is(messages, Kind.ARRAY) || json.first(messages) == Json.NONE) {
            throw RequestBody.refused(MESSAGES, "`messages` must be an array of at least one message.");
        }
        int index = 0;
        for (int message = json.first(messages); message != Json.NONE; message = json.next(messages, message)) {
            String place = MESSAGES + "[" + index++ + "]";
            if (!json.is(message, Kind.OBJECT)) {
                throw RequestBody.refused(place, "`" + place + "` must be an object.");
            }
            if (!json.is(json.member(message, "role"), Kind.STRING)) {
                throw RequestBody.refused(place + ".role", "`" + place + ".role` must be a string.");
            }
            int content = json.member(message, CONTENT);
            if (!json.is(content, Kind.STRING) && !json.is(content, Kind.ARRAY)) {
                throw RequestBody.refused(place + ".content",
                        "`" + place + ".content` must be a string or an array of blocks.");
            }
        }
        return messages;
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
                String said = text(body, body.member(message, CONTENT));
                asked = said.isEmpty() ? asked : said;
            }
        }
        return asked;
    }

    private static String text(Json body, int content) {
        if (body.is(content, Kind.STRING)) {
            return body.text(content);
        }
        StringBuilder text = new StringBuilder();
        for (int block = body.first(content); block != Json.NONE; block = body.next(content, block)) {
            body.string(block, "text").ifPresent(t -> text.append(text.isEmpty() ? "" : "\n").append(t));
        }
        return text.toString();
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
    public Optional<Member> askingForUsage(Request request) {
        return Optional.empty();
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
        Json body = request.body();
        return isGiven(body, "container") || isGiven(body, "mcp_servers") || isGiven(body, "diagnostics")
                || hasHostedTool(body, body.member(body.root(), "tools"));
    }

    private static boolean isGiven(Json body, String name) {
        int value = body.member(body.root(), name);
        return value != Json.NONE && !body.is(value, Kind.NULL);
    }

    private static boolean hasHostedTool(Json body, int tools) {
        if (!body.is(tools, Kind.ARRAY)) {
            return false;
        }
        for (int tool = body.first(tools); tool != Json.NONE; tool = body.next(tools, tool)) {
            String type = body.string(tool, "type").orElse("custom");
            if (!type.equals("custom") && RUN_BY_CLIENTS.stream().noneMatch(type::startsWith)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Optional<WholeAnswer> answer(byte[] body) {
        return WholeAnswer.read(body, new MessagesUsage());
    }

    @Override
    public boolean isWhole(byte[] answer, boolean boundCounts) {
        try {
            Json json = Json.parse(answer);
            return json.string(json.root(), "type").orElse("").equals("message")
                    && endsWell(json.string(json.root(), "stop_reason").orElse(""), boundCounts);
        } catch (MalformedJson e) {
            return false;
        }
    }

    static boolean endsWell(String stopReason, boolean boundCounts) {
        return switch (stopReason) {
            case "end_turn", "stop_sequence", "tool_use" -> true;
            case MAX_TOKENS, "model_context_window_exceeded" -> boundCounts;
            default -> false; // a pause, a refusal
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
