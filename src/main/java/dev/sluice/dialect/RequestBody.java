package dev.sluice.dialect;

import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;

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
}
