package dev.sluice.upstream;

import dev.sluice.Endpoint;
import dev.sluice.Finish;
import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.Usage;
import dev.sluice.dialect.Dialect;
import dev.sluice.json.Json;
import dev.sluice.json.Splice;
import dev.sluice.sse.SseEvent;
import dev.sluice.translation.StreamTranslation;
import dev.sluice.translation.Translation;
import dev.sluice.translation.Translations;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringTokenizer;
import java.util.zip.CRC32;

/**
 * An answer made of the request alone, in OpenAI's shapes. A word counts as a token; what does not fit the output bound is cut off,
 * as a provider does.
 *
 * @param lot 0 (included) to 1 (excluded), the same for the same body, evenly spread over bodies
 * @param cutShort whether the bound was the gateway's own
 * @param translated the events that tell it, where they were translated from another dialect's; empty elsewhere
 */
record SimulatedAnswer(byte[] body, Usage usage, Finish finish, double lot, boolean cutShort,
        List<SseEvent> translated) {

    private static final int BYTES_PER_TOKEN = 4;
    private static final int QUOTED_WORDS = 12;
    private static final long CREATED = 1_790_000_000;

    static SimulatedAnswer to(Request request, Model model, long ownBound) {
        byte[] bytes = request.body().bytes();
        CRC32 crc = new CRC32();
        crc.update(bytes);
        long hash = crc.getValue();
        if (request.endpoint() == Endpoint.RESPONSES) {
            return translated(request, model, ownBound);
        }
        if (request.endpoint() == Endpoint.EMBEDDINGS) {
            Usage usage = SimulatedEmbeddings.usage(request);
            return new SimulatedAnswer(SimulatedEmbeddings.body(request, model, usage), usage, Finish.OTHER,
                    hash / 0x1p32, false, List.of());
        }
        long clientBound = request.outputBound();
        boolean cutShort = ownBound > 0 && (clientBound == 0 || ownBound < clientBound);
        long bound = cutShort ? ownBound : clientBound;

        StringBuilder choices = new StringBuilder();
        long output = 0;
        Finish finish = Finish.COMPLETE;
        for (int i = 0; i < request.choices(); i++) {
            String[] words = text(request.prompt(), hash, i).split(" ");
            int length = bound > 0 ? (int) Math.min(bound, words.length) : words.length;
            output += length;
            finish = length < words.length ? Finish.AT_BOUND : finish;
            choices.append(i == 0 ? "" : ",").append("{\"index\":").append(i)
                    .append(",\"message\":{\"role\":\"assistant\",\"content\":")
                    .append(Splice.quote(String.join(" ", Arrays.copyOf(words, length))))
                    .append(",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"")
                    .append(length < words.length ? "length" : "stop").append("\"}");
        }
        Usage usage = new Usage(Math.max(1, promptBytes(request) / BYTES_PER_TOKEN), 0, output);
        String json = "{\"id\":\"chatcmpl-sim" + Long.toHexString(hash)
                + "\",\"object\":\"chat.completion\",\"created\":"
                + CREATED + ",\"model\":" + Splice.quote(model.name()) + ",\"choices\":[" + choices
                + "],\"usage\":{\"prompt_tokens\":" + usage.inputTokens() + ",\"completion_tokens\":"
                + usage.outputTokens() + ",\"total_tokens\":" + usage.totalTokens()
                + "},\"system_fingerprint\":\"sluice-simulated\"}";
        byte[] completion = json.getBytes(StandardCharsets.UTF_8);
        byte[] body = request.endpoint() == Endpoint.MESSAGES
                ? Translations.chatAnswerAsMessages(completion)
                : completion;
        return new SimulatedAnswer(body, usage, finish, hash / 0x1p32, cutShort, List.of());
    }

    /** The same answer as a stream, a word to an event. */
    List<SseEvent> events(Request request) {
        if (!translated.isEmpty()) {
            return translated;
        }
        List<SseEvent> events = new ArrayList<>();
        for (SseEvent event : Dialect.of(request.endpoint()).split(body, request)) {
            Json chunk = event.hasData() && !event.isDone() ? Json.parse(event.data()) : null;
            int content = chunk == null ? Json.NONE : content(chunk);
            if (content == Json.NONE) {
                events.add(event);
            } else {
                for (String word : chunk.text(content).split("(?<= )")) {
                    byte[] data = Splice.of(chunk).replace(content, Splice.quote(word)).bytes();
                    events.add(event.type().isEmpty() ? SseEvent.of(data) : SseEvent.of(event.type(), data));
                }
            }
        }
        return events;
    }

    /** The text that a chunk of a chat completion, or a delta of a message, tells. */
    private static int content(Json chunk) {
        int text = chunk.member(chunk.member(chunk.root(), "delta"), "text");
        if (chunk.is(text, Json.Kind.STRING)) {
            return text;
        }
        int choices = chunk.member(chunk.root(), "choices");
        int choice = choices == Json.NONE ? Json.NONE : chunk.first(choices);
        int content = choice == Json.NONE ? Json.NONE : chunk.member(chunk.member(choice, "delta"), "content");
        return chunk.is(content, Json.Kind.STRING) ? content : Json.NONE;
    }

    private static SimulatedAnswer translated(Request request, Model model, long ownBound) {
        Dialect chat = Dialect.of(Endpoint.CHAT_COMPLETIONS);
        Translation translation = Translations.responsesToChat(request.body().bytes(), chat.boundName(""));
        Request asked = chat.read(translation.request());
        SimulatedAnswer answer = to(asked, model, ownBound);
        List<SseEvent> events = new ArrayList<>();
        if (request.streamed()) {
            StreamTranslation stream = translation.stream();
            answer.events(asked).forEach(event -> events.addAll(stream.take(event)));
        }
        return new SimulatedAnswer(translation.answer(answer.body), answer.usage, answer.finish, answer.lot,
                answer.cutShort, events);
    }

    private static String text(String prompt, long hash, int choice) {
        StringTokenizer words = new StringTokenizer(prompt);
        StringBuilder quoted = new StringBuilder();
        for (int i = 0; i < QUOTED_WORDS && words.hasMoreTokens(); i++) {
            quoted.append(i == 0 ? "" : " ").append(words.nextToken());
        }
        String more = words.hasMoreTokens() ? " …" : "";
        return "This is a simulated answer (" + Long.toHexString(hash + choice) + ") to: " + quoted + more;
    }

    private static int promptBytes(Request request) {
        Json body = request.body();
        int turns = body.member(body.root(), Dialect.of(request.endpoint()).turnsName());
        return turns == Json.NONE ? 0 : body.end(turns) - body.start(turns);
    }
}
