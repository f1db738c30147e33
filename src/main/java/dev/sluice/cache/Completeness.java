package dev.sluice.cache;

import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;

/**
 * Whether an answer is whole, so that it may stand for the next one. A 200 each of whose choices finished by itself
 * ({@code stop}), with tool calls ({@code tool_calls}) or at the client's own output bound ({@code length}): the bound is
 * part of the identity, so whoever gets that answer has asked for the same cut. What the gateway's bound cut off
 * (finished by length while the receipt says {@code cutShort}) is not whole; what finished by itself below that bound is.
 */
final class Completeness {

    private Completeness() {
    }

    static boolean isWhole(Reply reply) {
        return reply instanceof Answer answer && answer.ok() && answer.contentType() != null
                && everyChoiceFinished(answer.body(), !answer.receipt().cutShort());
    }

    private static boolean everyChoiceFinished(byte[] body, boolean lengthCounts) {
        Json json;
        try {
            json = Json.parse(body);
        } catch (MalformedJson e) {
            return false;
        }
        int choices = json.member(json.root(), "choices");
        if (!json.is(choices, Kind.ARRAY) || json.first(choices) == Json.NONE) {
            return false;
        }
        for (int choice = json.first(choices); choice != Json.NONE; choice = json.next(choices, choice)) {
            String reason = json.string(choice, "finish_reason").orElse("");
            boolean finished = reason.equals("stop") || reason.equals("tool_calls")
                    || reason.equals("length") && lengthCounts;
            if (!finished) {
                return false;
            }
        }
        return true;
    }
}
