package dev.sluice.dialect;

import dev.sluice.Endpoint;
import dev.sluice.Finish;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** OpenAI's chat completions. */
final class ChatDialect implements Dialect {
    static final ChatDialect INSTANCE = new ChatDialect();

    private static final String MODEL = "model";
    private static final String MESSAGES = "messages";
    private static final String CONTENT = "content";
    private static final String STREAM_OPTIONS = "stream_options";
    private static final String MAX_TOKENS = "max_tokens";
    private static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";
    private static final Set<String> BOUNDS = Set.of(MAX_TOKENS, MAX_COMPLETION_TOKENS);
    private static final Set<String> APART_FROM_PROMPT = Set.of(MODEL, MESSAGES, "metadata", STREAM_OPTIONS,
            "logit_bias", "stop", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
            "service_tier", "modalities", "audio", "tool_choice", "reasoning_effort", "verbosity");
    /** Tools that the client runs itself; all others are run by the provider. */
    private static final Set<String> CLIENTS_TOOLS = Set.of("function", "custom");
    private static final int MAX_CHOICES = 128;

    private ChatDialect() {
    }

    @Override
    public Endpoint endpoint() {
        return Endpoint.CHAT_COMPLETIONS;
    }

    @Override
    public Request read(byte[] bytes) {
        RequestBody body = RequestBody.parse(bytes);
        String model = body.requiredText(MODEL);
        int messages = body.messages(true, "a string, an array of parts or null");
        body.requireKind("metadata", Kind.OBJECT, "an object");
        body.requireKind("tools", Kind.ARRAY, "an array");
        body.requireKind("temperature", Kind.NUMBER, "a number");
        body.requireKind("top_p", Kind.NUMBER, "a number");
        body.requireKind(STREAM_OPTIONS, Kind.OBJECT, "an object");
        long bound = Math.max(body.count(MAX_TOKENS, 0), body.count(MAX_COMPLETION_TOKENS, 0));
        long choices = body.count("n", 1);
        if (choices < 1 || choices > MAX_CHOICES) {
            throw RequestBody.refused("n", "`n` must be a whole number from 1 to " + MAX_CHOICES + ".");
        }
        return new Request(Endpoint.CHAT_COMPLETIONS, body.json(), model, prompt(body.json(), messages), bound,
                (int) choices, body.flag("stream"));
    }

    /** The last message of the user is what is asked; what came before it is context. */
    private static String prompt(Json body, int messages) {
        int asked = Json.NONE;
        for (int message = body.first(messages); message != Json.NONE; message = body.next(messages, message)) {
            if (body.text(body.member(message, "role")).equals("user")) {
                asked = message;
            }
        }
        return asked == Json.NONE ? "" : RequestBody.text(body, body.member(asked, CONTENT));
    }

    @Override
    public byte[] error(Refusal refusal) {
        return OpenAiErrors.json(refusal);
    }

    @Override
    public SseEvent errorEvent(Refusal refusal) {
        return SseEvent.of(OpenAiErrors.json(refusal));
    }

    @Override
    public Set<String> boundNames() {
        return BOUNDS;
    }

    /** Who serves OpenAI's models refuses the older name for newer ones; nearly everybody else knows only that one. */
    @Override
    public String boundName(String host) {
        return "api.openai.com".equals(host) || host != null && host.endsWith(".openai.azure.com")
                ? MAX_COMPLETION_TOKENS
                : MAX_TOKENS;
    }

    @Override
    public Optional<Member> askingForUsage(Request request) {
        Json body = request.body();
        if (wantsUsage(body)) {
            return Optional.empty();
        }
        int options = body.member(body.root(), STREAM_OPTIONS);
        if (!body.is(options, Kind.OBJECT) || body.first(options) == Json.NONE) {
            return Optional.of(new Member(STREAM_OPTIONS, "{\"include_usage\":true}"));
        }
        int given = body.member(options, "include_usage");
        String before = text(body, body.start(options), given == Json.NONE ? body.end(options) - 1 : body.start(given));
        String after = given == Json.NONE ? "}" : text(body, body.end(given), body.end(options));
        return Optional.of(new Member(STREAM_OPTIONS,
                before + (given == Json.NONE ? ",\"include_usage\":true" : "true") + after));
    }

    private static String text(Json body, int start, int end) {
        return new String(body.bytes(), start, end - start, StandardCharsets.UTF_8);
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
        return body.json().is(body.member("store"), Kind.TRUE)
                || body.has("audio")
                || body.has("web_search_options")
                || body.hasHostedTool("function", CLIENTS_TOOLS::contains)
                || !UpstreamIds.named(body.json()).isEmpty();
    }

    @Override
    public Optional<WholeAnswer> answer(byte[] body) {
        return WholeAnswer.read(body, new OpenAiUsage(), new FinishReader.OfChoices());
    }

    static Finish finish(String finishReason) {
        return switch (finishReason) {
            case "stop", "tool_calls" -> Finish.COMPLETE;
            case "length" -> Finish.AT_BOUND;
            default -> Finish.OTHER; // a content filter
        };
    }

    @Override
    public StreamReader reader(Request request, String model) {
        return new ChatReader(model, wantsUsage(request.body()), request.choices());
    }

    private static boolean wantsUsage(Json body) {
        int options = body.member(body.root(), STREAM_OPTIONS);
        return body.is(body.member(options, "include_usage"), Kind.TRUE);
    }

    @Override
    public boolean isTerminal(SseEvent event) {
        return event.isDone();
    }

    @Override
    public byte[] assemble(List<SseEvent> events) {
        return ChatChunks.assemble(
                events.stream().filter(event -> event.hasData() && !event.isDone()).map(SseEvent::data).toList());
    }

    @Override
    public List<SseEvent> split(byte[] answer, Request request) {
        List<SseEvent> events = new ArrayList<>();
        boolean hidden = !wantsUsage(request.body());
        for (ChatChunks.Chunk chunk : ChatChunks.split(answer)) {
            SseEvent event = SseEvent.of(chunk.bytes());
            events.add(chunk.usage() && hidden ? event.asHidden() : event);
        }
        events.add(SseEvent.DONE);
        return events;
    }
}
