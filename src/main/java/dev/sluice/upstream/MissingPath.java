package dev.sluice.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.json.Tree;

/**
 * Whether an answer says that there is nothing at its path. Servers say so with 404 or 405 and a body of their own; OpenAI
 * says 404 of a model or a response too, and then names what it did not find.
 */
final class MissingPath {
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;

    private MissingPath() {
    }

    static boolean isToldBy(Reply reply) {
        return reply instanceof Answer answer && (answer.status() == METHOD_NOT_ALLOWED
                || answer.status() == NOT_FOUND && !namesSomethingElse(answer.body()));
    }

    private static boolean namesSomethingElse(byte[] body) {
        JsonNode error = Tree.read(body).map(json -> json.path("error")).orElseGet(Tree::object);
        String code = error.path("code").asText("");
        return error.hasNonNull("param") || error.path("code").isTextual() && !code.equals("unknown_url");
    }
}
