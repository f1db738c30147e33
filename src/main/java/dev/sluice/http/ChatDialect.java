package dev.sluice.http;

import dev.sluice.Endpoint;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;

/**
 * OpenAI's chat completions as a client writes them. Only what the gateway itself acts on is checked; the provider judges
 * the rest, because it may know members that we do not.
 */
final class ChatDialect {
    private static final String MODEL = "model";
    private static final String MESSAGES = "messages";
    private static final String CONTENT = "content";
    private static final int MAX_CHOICES = 128;

    private ChatDialect() {
    }

    /** @throws Refused with 400 when this is not a chat completion that can be served */
    static Request read(byte[] bytes) {
        Json body = parse(bytes);
        int root = body.root();
        if (!body.is(root, Kind.OBJECT)) {
            throw refused(null, "The body must be a JSON object.");
        }
        String model = requiredText(body, root, MODEL);
        int messages = messages(body);
        requireKind(body, "metadata", Kind.OBJECT, "an object");
        requireKind(body, "tools", Kind.ARRAY, "an array");
        requireKind(body, "temperature", Kind.NUMBER, "a number");
        requireKind(body, "top_p", Kind.NUMBER, "a number");
        long bound = Math.max(count(body, "max_tokens", 0), count(body, "max_completion_tokens", 0));
        long choices = count(body, "n", 1);
        if (choices < 1 || choices > MAX_CHOICES) {
            throw refused("n", "`n` must be a whole number from 1 to " + MAX_CHOICES + ".");
        }
        refuseStream(body);
        return new Request(Endpoint.CHAT_COMPLETIONS, body, model, prompt(body, messages), bound, (int) choices);
    }

    private static Json parse(byte[] bytes) {
        try {
            return Json.parse(bytes);
        } catch (MalformedJson e) {
            throw refused(null, e.getMessage());
        }
    }

    private static String requiredText(Json body, int object, String name) {
        int value = body.member(object, name);
        if (value == Json.NONE) {
            throw refused(name, "`" + name + "` is missing.");
        }
        if (!body.is(value, Kind.STRING) || body.text(value).isEmpty()) {
            throw refused(name, "`" + name + "` must be a string that is not empty.");
        }
        return body.text(value);
    }

    private static int messages(Json body) {
        int messages = body.member(body.root(), MESSAGES);
        if (messages == Json.NONE) {
            throw refused(MESSAGES, "`messages` is missing.");
        }
        if (!body.is(messages, Kind.ARRAY) || body.first(messages) == Json.NONE) {
            throw refused(MESSAGES, "`messages` must be an array of at least one message.");
        }
        int index = 0;
        for (int message = body.first(messages); message != Json.NONE; message = body.next(messages, message)) {
            String place = MESSAGES + "[" + index++ + "]";
            if (!body.is(message, Kind.OBJECT)) {
                throw refused(place, "`" + place + "` must be an object.");
            }
            if (!body.is(body.member(message, "role"), Kind.STRING)) {
                throw refused(place + ".role", "`" + place + ".role` must be a string.");
            }
            int content = body.member(message, CONTENT);
            if (content != Json.NONE && !body.is(content, Kind.STRING) && !body.is(content, Kind.ARRAY)
                    && !body.is(content, Kind.NULL)) {
                throw refused(place + ".content",
                        "`" + place + ".content` must be a string, an array of parts or null.");
            }
        }
        return messages;
    }

    private static void requireKind(Json body, String name, Kind kind, String expected) {
        int value = body.member(body.root(), name);
        if (value != Json.NONE && !body.is(value, kind) && !body.is(value, Kind.NULL)) {
            throw refused(name, "`" + name + "` must be " + expected + ".");
        }
    }

    private static long count(Json body, String name, long otherwise) {
        int value = body.member(body.root(), name);
        if (value == Json.NONE || body.is(value, Kind.NULL)) {
            return otherwise;
        }
        long count = body.count(body.root(), name, -1);
        if (count < 0) {
            throw refused(name, "`" + name + "` must be a whole number that is not negative.");
        }
        return count;
    }

    private static void refuseStream(Json body) {
        int stream = body.member(body.root(), "stream");
        if (body.is(stream, Kind.TRUE)) {
            throw refused("stream", "Streaming is not served yet: leave `stream` out or set it to false.");
        }
        if (stream != Json.NONE && !body.is(stream, Kind.FALSE) && !body.is(stream, Kind.NULL)) {
            throw refused("stream", "`stream` must be true or false.");
        }
    }

    /** The last message of the user is what is asked; what came before it is context. */
    private static String prompt(Json body, int messages) {
        int asked = Json.NONE;
        for (int message = body.first(messages); message != Json.NONE; message = body.next(messages, message)) {
            if (body.text(body.member(message, "role")).equals("user")) {
                asked = message;
            }
        }
        return asked == Json.NONE ? "" : text(body, body.member(asked, CONTENT));
    }

    private static String text(Json body, int content) {
        if (body.is(content, Kind.STRING)) {
            return body.text(content);
        }
        if (!body.is(content, Kind.ARRAY)) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        for (int part = body.first(content); part != Json.NONE; part = body.next(content, part)) {
            body.string(part, "text").ifPresent(t -> text.append(text.isEmpty() ? "" : "\n").append(t));
        }
        return text.toString();
    }

    private static Refused refused(String param, String message) {
        return new Refused(Refusal.invalid(param, message));
    }
}
