package dev.sluice.dialect;

import dev.sluice.Endpoint;
import dev.sluice.Finish;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;
import dev.sluice.json.Splice;
import dev.sluice.json.Tree;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** OpenAI's Responses API. */
final class ResponsesDialect implements Dialect {
    static final ResponsesDialect INSTANCE = new ResponsesDialect();

    static final String COMPLETED = "response.completed";
    static final String INCOMPLETE = "response.incomplete";
    static final String FAILED = "response.failed";
    static final String ERROR = "error";

    private static final String INPUT = "input";
    private static final String BOUND = "max_output_tokens";
    private static final Set<String> BOUNDS = Set.of(BOUND);
    private static final Set<String> APART_FROM_PROMPT = Set.of("model", INPUT, "metadata", "stream_options", "user",
            "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier", "tool_choice",
            "reasoning", "include", "truncation", "context_management");
    /** Tools that the client runs itself; all others are run by the provider. */
    private static final Set<String> CLIENTS_TOOLS = Set.of("function", "custom");

    private ResponsesDialect() {
    }

    @Override
    public Endpoint endpoint() {
        return Endpoint.RESPONSES;
    }

    @Override
    public Request read(byte[] bytes) {
        RequestBody body = RequestBody.parse(bytes);
        String model = body.requiredText("model");
        requireInput(body);
        body.requireKind("instructions", Kind.STRING, "a string");
        body.requireKind("metadata", Kind.OBJECT, "an object");
        body.requireKind("tools", Kind.ARRAY, "an array");
        body.requireKind("temperature", Kind.NUMBER, "a number");
        body.requireKind("top_p", Kind.NUMBER, "a number");
        body.requireKind("previous_response_id", Kind.STRING, "a string");
        body.requireKind("stream_options", Kind.OBJECT, "an object");
        body.flag("store");
        if (body.flag("background")) {
            throw RequestBody.refused("background",
                    "Responses in the background are not served: leave `background` out or set it to false.");
        }
        return new Request(Endpoint.RESPONSES, body.json(), model, prompt(body), body.count(BOUND, 0), 1,
                body.flag("stream"));
    }

    /** It may be left out where the provider has it already. */
    private static void requireInput(RequestBody body) {
        Json json = body.json();
        int input = body.member(INPUT);
        if (!body.has(INPUT)) {
            if (!body.has("previous_response_id") && !body.has("conversation") && !body.has("prompt")) {
                throw RequestBody.refused(INPUT, "`input` is missing.");
            }
            return;
        }
        if (!json.is(input, Kind.STRING) && !json.is(input, Kind.ARRAY)) {
            throw RequestBody.refused(INPUT, "`input` must be a string or an array of items.");
        }
        int index = 0;
        for (int item = json.is(input, Kind.ARRAY) ? json.first(input) : Json.NONE; item != Json.NONE; item = json
                .next(input, item)) {
            String place = INPUT + "[" + index++ + "]";
            if (!json.is(item, Kind.OBJECT)) {
                throw RequestBody.refused(place, "`" + place + "` must be an object.");
            }
        }
    }

    /** What the user says last; where nobody says anything, what the model is instructed to do. */
    private static String prompt(RequestBody body) {
        Json json = body.json();
        int input = body.member(INPUT);
        if (json.is(input, Kind.STRING)) {
            return json.text(input);
        }
        int asked = Json.NONE;
        for (int item = json.is(input, Kind.ARRAY) ? json.first(input) : Json.NONE; item != Json.NONE; item = json
                .next(input, item)) {
            if (json.string(item, "role").orElse("").equals("user")) {
                asked = item;
            }
        }
        return asked == Json.NONE
                ? json.string(json.root(), "instructions").orElse("")
                : RequestBody.text(json, json.member(asked, "content"));
    }

    @Override
    public byte[] error(Refusal refusal) {
        return OpenAiErrors.json(refusal);
    }

    @Override
    public SseEvent errorEvent(Refusal refusal) {
        String json = "{\"type\":\"error\",\"code\":" + Splice.quote(refusal.code().orElse(refusal.type()))
                + ",\"message\":" + Splice.quote(refusal.message()) + ",\"param\":"
                + refusal.param().map(Splice::quote).orElse("null") + ",\"sequence_number\":0}";
        return SseEvent.of(ERROR, json.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Set<String> boundNames() {
        return BOUNDS;
    }

    @Override
    public String boundName(String host) {
        return BOUND;
    }

    @Override
    public String turnsName() {
        return INPUT;
    }

    @Override
    public Set<String> apartFromPrompt() {
        return APART_FROM_PROMPT;
    }

    /** A response is stored unless the client says that it must not be. */
    @Override
    public boolean touchesUpstreamState(Request request) {
        RequestBody body = new RequestBody(request.body());
        return !body.json().is(body.member("store"), Kind.FALSE)
                || body.has("previous_response_id")
                || body.has("conversation")
                || body.has("prompt")
                || body.hasHostedTool("", CLIENTS_TOOLS::contains)
                || refersToItems(body.json(), body.member(INPUT));
    }

    private static boolean refersToItems(Json body, int input) {
        for (int item = body.is(input, Kind.ARRAY) ? body.first(input) : Json.NONE; item != Json.NONE; item = body
                .next(input, item)) {
            if (UpstreamIds.namedBy(body, item).isPresent()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Optional<WholeAnswer> answer(byte[] body) {
        return WholeAnswer.read(body, new OpenAiUsage(), new FinishReader.OfResponse());
    }

    static Finish finish(String status, String reason) {
        return switch (status) {
            case "completed" -> Finish.COMPLETE;
            case "incomplete" -> reason.equals(BOUND) ? Finish.AT_BOUND : Finish.OTHER;
            default -> Finish.OTHER;
        };
    }

    @Override
    public StreamReader reader(Request request, String model) {
        return new ResponsesReader(model);
    }

    @Override
    public boolean isTerminal(SseEvent event) {
        return switch (type(event)) {
            case COMPLETED, INCOMPLETE, FAILED, ERROR -> true;
            default -> false;
        };
    }

    /** As its line says, or its data where some provider leaves the line out. */
    private static String type(SseEvent event) {
        if (!event.type().isEmpty() || !event.hasData()) {
            return event.type();
        }
        try {
            Json json = Json.parse(event.data());
            return json.string(json.root(), "type").orElse("");
        } catch (MalformedJson e) {
            return "";
        }
    }

    /** The last event holds it. */
    @Override
    public byte[] assemble(List<SseEvent> events) {
        for (int i = events.size() - 1; i >= 0; i--) {
            SseEvent event = events.get(i);
            if (event.hasData() && isTerminal(event)) {
                Json json = Json.parse(event.data());
                int response = json.member(json.root(), "response");
                if (json.is(response, Kind.OBJECT)) {
                    return Arrays.copyOfRange(event.data(), json.start(response), json.end(response));
                }
            }
        }
        throw new IllegalArgumentException("The stream does not end with a response.");
    }

    @Override
    public List<SseEvent> split(byte[] answer, Request request) {
        return ResponseEvents.of(Tree.object(answer));
    }
}
