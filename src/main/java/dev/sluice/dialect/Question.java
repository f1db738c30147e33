package dev.sluice.dialect;

import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What is asked, where one text says it: the last turn of a conversation, the user's own. All that is around it, members
 * that we do not know included, is its context.
 *
 * @param text parts joined by line feeds
 * @param nodes the strings of the body that hold it
 */
public record Question(String text, Set<Integer> nodes) {

    /**
     * Empty where the last turn is not the user's, or has anything but text, and where tools may be called: what such an
     * answer depends on is more than the words.
     *
     * @param turnsName the member whose elements are the turns, or which is the only one
     */
    static Optional<Question> of(Request request, String turnsName) {
        Json body = request.body();
        int root = body.root();
        RequestBody given = new RequestBody(body);
        if (given.has("tools") || given.has("functions")) {
            return Optional.empty();
        }
        int turns = body.member(root, turnsName);
        if (body.is(turns, Kind.STRING)) {
            return Optional.of(new Question(body.text(turns), Set.of(turns)));
        }
        if (!body.is(turns, Kind.ARRAY)) {
            return Optional.empty();
        }
        int last = Json.NONE;
        for (int turn = body.first(turns); turn != Json.NONE; turn = body.next(turns, turn)) {
            last = turn;
        }
        return "user".equals(body.string(last, "role").orElse(null))
                ? ofContent(body, body.member(last, "content"))
                : Optional.empty();
    }

    private static Optional<Question> ofContent(Json body, int content) {
        if (body.is(content, Kind.STRING)) {
            return Optional.of(new Question(body.text(content), Set.of(content)));
        }
        if (!body.is(content, Kind.ARRAY)) {
            return Optional.empty();
        }
        StringBuilder text = new StringBuilder();
        Set<Integer> nodes = new HashSet<>();
        for (int part = body.first(content); part != Json.NONE; part = body.next(content, part)) {
            String type = body.string(part, "type").orElse("");
            int words = body.member(part, "text");
            if (!type.equals("text") && !type.equals("input_text") || !body.is(words, Kind.STRING)) {
                return Optional.empty();
            }
            text.append(nodes.isEmpty() ? "" : "\n").append(body.text(words));
            nodes.add(words);
        }
        return nodes.isEmpty() ? Optional.empty() : Optional.of(new Question(text.toString(), nodes));
    }
}
