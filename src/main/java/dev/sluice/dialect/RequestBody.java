package dev.sluice.dialect;

import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;
import java.util.function.Predicate;

/** A client's body, and what every dialect demands of one: each look at it may end in a 400 that names the member. */
record RequestBody(Json json) {

    /** @throws Refused as all others here, with 400 */
    static RequestBody parse(byte[] bytes) {
        Json json;
        try {
            json = Json.parse(bytes);
        } catch (MalformedJson e) {
            throw refused(null, e.getMessage());
        }
        if (!json.is(json.root(), Kind.OBJECT)) {
            throw refused(null, "The body must be a JSON object.");
        }
        return new RequestBody(json);
    }

    static Refused refused(String param, String message) {
        return new Refused(Refusal.invalid(param, message));
    }

    int member(String name) {
        return json.member(json.root(), name);
    }

    /** Whether the member is there and not null. */
    boolean has(String name) {
        int value = member(name);
        return value != Json.NONE && !json.is(value, Kind.NULL);
    }

    String requiredText(String name) {
        int value = member(name);
        if (value == Json.NONE) {
            throw refused(name, "`" + name + "` is missing.");
        }
        if (!json.is(value, Kind.STRING) || json.text(value).isEmpty()) {
            throw refused(name, "`" + name + "` must be a string that is not empty.");
        }
        return json.text(value);
    }

    /** @param expected in words, for the refusal */
    void requireKind(String name, Kind kind, String expected) {
        if (has(name) && !json.is(member(name), kind)) {
            throw refused(name, "`" + name + "` must be " + expected + ".");
        }
    }

    long count(String name, long otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        long count = json.count(json.root(), name, -1);
        if (count < 0) {
            throw refused(name, "`" + name + "` must be a whole number that is not negative.");
        }
        return count;
    }

    /** False where it is absent. */
    boolean flag(String name) {
        if (has(name) && !json.is(member(name), Kind.TRUE) && !json.is(member(name), Kind.FALSE)) {
            throw refused(name, "`" + name + "` must be true or false.");
        }
        return json.is(member(name), Kind.TRUE);
    }

    /**
     * An array of at least one message, each with a role.
     *
     * @param contentMayBeMissing or null, as where a message only calls tools
     * @param expected of a content, in words, for the refusal
     */
    int messages(boolean contentMayBeMissing, String expected) {
        int messages = member("messages");
        if (messages == Json.NONE) {
            throw refused("messages", "`messages` is missing.");
        }
        if (!json.is(messages, Kind.ARRAY) || json.first(messages) == Json.NONE) {
            throw refused("messages", "`messages` must be an array of at least one message.");
        }
        int index = 0;
        for (int message = json.first(messages); message != Json.NONE; message = json.next(messages, message)) {
            String place = "messages[" + index++ + "]";
            if (!json.is(message, Kind.OBJECT)) {
                throw refused(place, "`" + place + "` must be an object.");
            }
            if (!json.is(json.member(message, "role"), Kind.STRING)) {
                throw refused(place + ".role", "`" + place + ".role` must be a string.");
            }
            int content = json.member(message, "content");
            boolean missing = content == Json.NONE || json.is(content, Kind.NULL);
            if (!json.is(content, Kind.STRING) && !json.is(content, Kind.ARRAY) && !(missing && contentMayBeMissing)) {
                throw refused(place + ".content", "`" + place + ".content` must be " + expected + ".");
            }
        }
        return messages;
    }

    /**
     * Whether the provider itself runs any of the tools, which may leave something behind there.
     *
     * @param otherwise the type of a tool that does not say its own
     */
    boolean hasHostedTool(String otherwise, Predicate<String> runByClients) {
        int tools = member("tools");
        for (int tool = json.is(tools, Kind.ARRAY) ? json.first(tools) : Json.NONE; tool != Json.NONE; tool = json
                .next(tools, tool)) {
            if (!runByClients.test(json.string(tool, "type").orElse(otherwise))) {
                return true;
            }
        }
        return false;
    }

    /** What a content says in words: itself, or the texts of its parts, a line each. */
    static String text(Json json, int content) {
        if (json.is(content, Kind.STRING)) {
            return json.text(content);
        }
        StringBuilder text = new StringBuilder();
        for (int part = json.is(content, Kind.ARRAY) ? json.first(content) : Json.NONE; part != Json.NONE; part = json
                .next(content, part)) {
            json.string(part, "text").ifPresent(t -> text.append(text.isEmpty() ? "" : "\n").append(t));
        }
        return text.toString();
    }
}
