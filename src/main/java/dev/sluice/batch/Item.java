package dev.sluice.batch;

import dev.sluice.Endpoint;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.batch.LineSplitter.Line;
import dev.sluice.dialect.Dialect;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a line asks for: {@code {"custom_id","body"}}, and as OpenAI's batch files have them, {@code method} and
 * {@code url}, without which it is a chat completion.
 *
 * @param number of the line, from 1
 * @param customId the client's name for it, as the literal that it sent; empty where none could be read
 * @param dialect how the answer is written
 * @param request null where there is a refusal
 * @param refusal null where there is a request
 */
record Item(long number, byte[] customId, Dialect dialect, Request request, Refusal refusal) {

    private static final byte[] UNKNOWN = {};
    private static final String VERSION = "/v1";
    private static final int TOO_LARGE = 413;

    /** @param limit the most bytes that a line may have */
    static Item read(Line line, int limit) {
        Item item = new Item(line.number(), UNKNOWN, Dialect.of(Endpoint.CHAT_COMPLETIONS), null, null);
        if (line.tooLong()) {
            return item.refused(Refusal.of(TOO_LARGE, "invalid_request_error", "request_too_large",
                    "The line is longer than " + limit + " bytes."));
        }
        try {
            Json json = parse(line.bytes());
            item = item.named(json);
            item = item.at(json);
            return item.asking(json);
        } catch (Refused e) {
            return item.refused(e.refusal());
        }
    }

    private static Json parse(byte[] bytes) {
        try {
            Json json = Json.parse(bytes);
            if (json.is(json.root(), Kind.OBJECT)) {
                return json;
            }
        } catch (MalformedJson e) {
            throw refused(null, "The line cannot be read. " + e.getMessage());
        }
        throw refused(null, "A line must be a JSON object with `custom_id` and `body`.");
    }

    private Item named(Json json) {
        int id = json.member(json.root(), "custom_id");
        if (!json.is(id, Kind.STRING) || json.text(id).isEmpty()) {
            throw refused("custom_id", "`custom_id` must be a string that is not empty.");
        }
        return new Item(number, literal(json, id), dialect, null, null);
    }

    private Item at(Json json) {
        int method = json.member(json.root(), "method");
        if (method != Json.NONE && !(json.is(method, Kind.STRING) && json.text(method).equals("POST"))) {
            throw refused("method", "`method` must be POST, or left out.");
        }
        int url = json.member(json.root(), "url");
        if (url == Json.NONE) {
            return this;
        }
        if (json.is(url, Kind.STRING)) {
            for (Endpoint endpoint : Endpoint.values()) {
                if (json.text(url).equals(VERSION + endpoint.path())) {
                    return new Item(number, customId, Dialect.of(endpoint), null, null);
                }
            }
        }
        throw refused("url", "`url` must be the path of an endpoint that is served, such as /v1/chat/completions.");
    }

    private Item asking(Json json) {
        int body = json.member(json.root(), "body");
        if (!json.is(body, Kind.OBJECT)) {
            throw refused("body", "`body` must be an object: the request that the line stands for.");
        }
        Request asked = dialect.read(literal(json, body));
        if (asked.streamed()) {
            throw refused("stream",
                    "A line of a batch is answered whole: leave `stream` out of its body or set it to false.");
        }
        return new Item(number, customId, dialect, asked, null);
    }

    private Item refused(Refusal why) {
        return new Item(number, customId, dialect, null, why);
    }

    private static byte[] literal(Json json, int value) {
        return Arrays.copyOfRange(json.bytes(), json.start(value), json.end(value));
    }

    private static Refused refused(String param, String message) {
        return new Refused(Refusal.invalid(param, message));
    }

    /** The client's own name for the line; where it is not known, the line's number has to do. */
    String name() {
        return customId.length == 0
                ? "\"custom_id\":null,\"line\":" + number
                : "\"custom_id\":" + new String(customId, StandardCharsets.UTF_8);
    }
}
