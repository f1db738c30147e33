package dev.sluice.dialect;

import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Names of what a provider keeps for whoever made it: responses, conversations, the items in them, containers in which
 * code was run, clips of audio. A request may name them; an answer issues them.
 */
public final class UpstreamIds {
    private static final byte[] AUDIO = "\"audio\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RESPONSE = "\"response\"".getBytes(StandardCharsets.US_ASCII);

    private UpstreamIds() {
    }

    /** What the item of an input refers to instead of saying it: another item, or a thought that the provider keeps. */
    static Optional<String> namedBy(Json body, int item) {
        String type = body.string(item, "type").orElse("");
        boolean refers = switch (type) {
            case "item_reference" -> true;
            case "reasoning" -> !body.is(body.member(item, "encrypted_content"), Kind.STRING)
                    && !saysSomething(body, body.member(item, "content"));
            case "" -> body.member(item, "role") == Json.NONE; // a reference need not name its type
            default -> false;
        };
        return refers ? body.string(item, "id") : Optional.empty();
    }

    private static boolean saysSomething(Json body, int content) {
        return body.is(content, Kind.ARRAY) && body.first(content) != Json.NONE;
    }

    /** Ids that a request names, each with the member that does. */
    public static Map<String, String> named(Json body) {
        Map<String, String> named = new LinkedHashMap<>();
        int root = body.root();
        body.string(root, "previous_response_id").ifPresent(id -> named.put(id, "previous_response_id"));
        int conversation = body.member(root, "conversation");
        (body.is(conversation, Kind.STRING) ? Optional.of(body.text(conversation)) : body.string(conversation, "id"))
                .ifPresent(id -> named.put(id, "conversation"));
        eachOf(body, body.member(root, "input"),
                (item, place) -> namedBy(body, item).ifPresent(id -> named.put(id, "input" + place + ".id")));
        eachOf(body, body.member(root, "tools"), (tool, place) -> body.string(tool, "container")
                .ifPresent(id -> named.put(id, "tools" + place + ".container")));
        eachOf(body, body.member(root, "messages"),
                (message, place) -> body.string(body.member(message, "audio"), "id")
                        .ifPresent(id -> named.put(id, "messages" + place + ".audio.id")));
        return named;
    }

    private interface Element {
        void at(int node, String place);
    }

    private static void eachOf(Json body, int array, Element element) {
        if (!body.is(array, Kind.ARRAY)) {
            return;
        }
        int index = 0;
        for (int node = body.first(array); node != Json.NONE; node = body.next(array, node)) {
            element.at(node, "[" + index++ + "]");
        }
    }

    /** Ids that a whole answer of status 200 issues; none where it says that nothing is kept. */
    public static Set<String> issued(byte[] answer) {
        Json json = read(answer);
        return json == null ? Set.of() : issued(json, json.root());
    }

    /** Ids that an event of a stream issues: those of a response with its first event and, with its items, the last. */
    public static Set<String> issued(SseEvent event) {
        if (!event.hasData() || !mayIssue(event)) {
            return Set.of();
        }
        Json json = read(event.data());
        if (json == null) {
            return Set.of();
        }
        int response = json.member(json.root(), "response");
        return issued(json, response == Json.NONE ? json.root() : response);
    }

    private static boolean mayIssue(SseEvent event) {
        return switch (event.type()) {
            case "response.created", ResponsesDialect.COMPLETED, ResponsesDialect.INCOMPLETE, ResponsesDialect.FAILED ->
                true;
            case "" -> contains(event.data(), AUDIO) || contains(event.data(), RESPONSE);
            default -> false;
        };
    }

    private static boolean contains(byte[] data, byte[] name) {
        for (int i = 0; i + name.length <= data.length; i++) {
            if (Arrays.equals(data, i, i + name.length, name, 0, name.length)) {
                return true;
            }
        }
        return false;
    }

    private static Json read(byte[] bytes) {
        try {
            return Json.parse(bytes);
        } catch (MalformedJson e) {
            return null; // it is passed on all the same, but nobody may refer to it
        }
    }

    private static Set<String> issued(Json answer, int object) {
        Set<String> issued = new LinkedHashSet<>();
        if (answer.is(answer.member(object, "store"), Kind.FALSE)) {
            return issued;
        }
        if (answer.string(object, "object").orElse("").equals("response")) {
            answer.string(object, "id").ifPresent(issued::add);
        }
        answer.string(answer.member(object, "conversation"), "id").ifPresent(issued::add);
        eachOf(answer, answer.member(object, "output"), (item, place) -> {
            answer.string(item, "id").ifPresent(issued::add);
            answer.string(item, "container_id").ifPresent(issued::add);
        });
        eachOf(answer, answer.member(object, "choices"), (choice, place) -> {
            int whole = answer.member(choice, "message");
            int message = whole == Json.NONE ? answer.member(choice, "delta") : whole;
            answer.string(answer.member(message, "audio"), "id").ifPresent(issued::add);
        });
        return issued;
    }
}
