package dev.sluice.dialect;

import dev.sluice.Endpoint;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.sse.SseEvent;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** OpenAI's embeddings: nothing is generated, and nothing streamed. */
final class EmbeddingsDialect implements Dialect {
    static final EmbeddingsDialect INSTANCE = new EmbeddingsDialect();

    private static final String INPUT = "input";
    private static final int MAX_INPUTS = 2048;
    private static final Set<String> APART_FROM_PROMPT = Set.of("model", "user", "encoding_format");

    private EmbeddingsDialect() {
    }

    @Override
    public Endpoint endpoint() {
        return Endpoint.EMBEDDINGS;
    }

    @Override
    public Request read(byte[] bytes) {
        RequestBody body = RequestBody.parse(bytes);
        String model = body.requiredText("model");
        requireInput(body);
        if (body.has("encoding_format")) {
            String format = body.requiredText("encoding_format");
            if (!format.equals("float") && !format.equals("base64")) {
                throw RequestBody.refused("encoding_format", "`encoding_format` must be float or base64.");
            }
        }
        if (body.count("dimensions", 1) == 0) {
            throw RequestBody.refused("dimensions", "`dimensions` must be at least 1.");
        }
        if (body.flag("stream")) {
            throw RequestBody.refused("stream", "Embeddings are not streamed: leave `stream` out.");
        }
        return new Request(Endpoint.EMBEDDINGS, body.json(), model, "", 0, 1);
    }

    private static void requireInput(RequestBody body) {
        Json json = body.json();
        int input = body.member(INPUT);
        if (input == Json.NONE) {
            throw RequestBody.refused(INPUT, "`input` is missing.");
        }
        int[] inputs = Embeddings.inputs(json);
        if (inputs.length > MAX_INPUTS) {
            throw RequestBody.refused(INPUT, "`input` may have " + MAX_INPUTS + " elements at most.");
        }
        boolean single = inputs[0] == input;
        for (int i = 0; i < inputs.length; i++) {
            if (!isText(json, inputs[i]) && !isTokens(json, inputs[i])) {
                String place = single ? INPUT : INPUT + "[" + i + "]";
                throw RequestBody.refused(place, single
                        ? "`input` must be a text or an array of texts, of tokens, or of arrays of tokens; none empty."
                        : "`" + place + "` must be a text or an array of tokens, and not empty.");
            }
        }
    }

    private static boolean isText(Json json, int value) {
        return json.is(value, Kind.STRING) && json.end(value) - json.start(value) > 2;
    }

    private static boolean isTokens(Json json, int value) {
        if (!json.is(value, Kind.ARRAY) || json.first(value) == Json.NONE) {
            return false;
        }
        for (int token = json.first(value); token != Json.NONE; token = json.next(value, token)) {
            if (!json.is(token, Kind.NUMBER)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public byte[] error(Refusal refusal) {
        return OpenAiErrors.json(refusal);
    }

    @Override
    public Set<String> boundNames() {
        return Set.of();
    }

    @Override
    public String boundName(String host) {
        throw new IllegalStateException("Embeddings have no output to bound.");
    }

    @Override
    public String turnsName() {
        return INPUT;
    }

    @Override
    public Set<String> apartFromPrompt() {
        return APART_FROM_PROMPT;
    }

    @Override
    public boolean touchesUpstreamState(Request request) {
        return false;
    }

    @Override
    public Optional<WholeAnswer> answer(byte[] body) {
        // Not kept as such: what is kept are its pieces.
        return WholeAnswer.read(body, OpenAiUsage.withoutOutput(), new FinishReader.None());
    }

    @Override
    public SseEvent errorEvent(Refusal refusal) {
        throw notStreamed();
    }

    @Override
    public StreamReader reader(Request request, String model) {
        throw notStreamed();
    }

    @Override
    public boolean isTerminal(SseEvent event) {
        throw notStreamed();
    }

    @Override
    public byte[] assemble(List<SseEvent> events) {
        throw notStreamed();
    }

    @Override
    public List<SseEvent> split(byte[] answer, Request request) {
        throw notStreamed();
    }

    private static IllegalStateException notStreamed() {
        return new IllegalStateException("Embeddings are not streamed.");
    }
}
