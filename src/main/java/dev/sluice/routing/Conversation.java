package dev.sluice.routing;

import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/**
 * Where a request stands in a conversation. A turn is known by everything through its last user message, which every later
 * turn repeats: so a later one finds the earlier by what stands before its own user message, without the reply to it,
 * which nobody has whole when a turn is remembered, and which clients send back in other words than it came.
 */
final class Conversation {
    /** Changes whenever the computation does, so that replicas of two versions never share conversations. */
    private static final String VERSION = "sluice-conversation-1";
    private static final String[] MESSAGES = { "messages", "input"};
    private static final String CACHE_MARK = "cache_control";
    private static final String[] INSTRUCTIONS = { "system", "instructions"};

    private final Request request;
    private final int messages;
    private final int answered;
    private final int asked;

    private Conversation(Request request, int messages, int answered, int asked) {
        this.request = request;
        this.messages = messages;
        this.answered = answered;
        this.asked = asked;
    }

    /** Empty where the request holds no list of messages with one of a user. */
    static Optional<Conversation> in(Request request) {
        Json body = request.body();
        int messages = Json.NONE;
        for (int i = 0; i < MESSAGES.length && !body.is(messages, Kind.ARRAY); i++) {
            messages = body.member(body.root(), MESSAGES[i]);
        }
        if (!body.is(messages, Kind.ARRAY)) {
            return Optional.empty();
        }
        int asked = Json.NONE;
        int answered = Json.NONE;
        for (int message = body.first(messages); message != Json.NONE; message = body.next(messages, message)) {
            if (isUsers(body, message)) {
                asked = message;
            } else if (asked != Json.NONE) {
                answered = asked; // an assistant's turn, its tool calls or their results
            }
        }
        return asked == Json.NONE
                ? Optional.empty()
                : Optional.of(new Conversation(request, messages, answered, asked));
    }

    /** Whether an earlier turn was answered, so that there may be a model. */
    boolean continues() {
        return answered != Json.NONE;
    }

    /** What the latest turn that was answered is known by. */
    String earlier() {
        return identity(answered);
    }

    /** What this turn will be known by. */
    String now() {
        return identity(asked);
    }

    /** About how many tokens of the prompt the earlier turn's prompt had: what a provider's prompt cache may hold. */
    long repeatedTokens() {
        Json body = request.body();
        long tokens = 0;
        for (String name : INSTRUCTIONS) {
            tokens += RequestSize.estimatePart(body, body.member(body.root(), name));
        }
        tokens += RequestSize.estimatePart(body, body.member(body.root(), "tools"));
        for (int message = body.first(messages); message != Json.NONE; message = body.next(messages, message)) {
            tokens += RequestSize.estimatePart(body, message);
            if (message == answered) {
                break;
            }
        }
        return tokens;
    }

    private static boolean isUsers(Json body, int message) {
        int role = body.member(message, "role");
        return body.is(role, Kind.STRING) && body.text(role).equals("user");
    }

    private String identity(int last) {
        Json body = request.body();
        MessageDigest digest = sha256();
        digest.update(VERSION.getBytes(StandardCharsets.UTF_8));
        digest.update(request.endpoint().path().getBytes(StandardCharsets.UTF_8));
        for (String name : INSTRUCTIONS) {
            digest.update((byte) '\n');
            add(digest, body, body.member(body.root(), name));
        }
        for (int message = body.first(messages); message != Json.NONE; message = body.next(messages, message)) {
            digest.update((byte) '\n');
            add(digest, body, message);
            if (message == last) {
                break;
            }
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(digest.digest());
    }

    /** A client repeats a message as it sent it, but for blanks, and for the mark up to where a prompt is to be cached. */
    private static void add(MessageDigest digest, Json body, int value) {
        if (value == Json.NONE) {
            return;
        }
        boolean object = body.is(value, Kind.OBJECT);
        if (!object && !body.is(value, Kind.ARRAY)) {
            digest.update(body.bytes(), body.start(value), body.end(value) - body.start(value));
            return;
        }
        digest.update((byte) (object ? '{' : '['));
        for (int child = body.first(value); child != Json.NONE; child = body.next(value, child)) {
            if (object && body.text(child).equals(CACHE_MARK)) {
                continue;
            }
            if (object) {
                digest.update(body.bytes(), body.start(child), body.end(child) - body.start(child));
            }
            add(digest, body, object ? body.value(child) : child);
            digest.update((byte) ',');
        }
        digest.update((byte) (object ? '}' : ']'));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256.", e);
        }
    }
}
