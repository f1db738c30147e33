package dev.sluice.cache;

import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.dialect.Question;

/** Which questions may be answered with each other's answers, provided that they mean the same. */
final class Partition {
    private static final String VERSION = "sluice-partition-1";

    private Partition() {
    }

    /**
     * The hash of everything that makes up the {@link Identity} but the question's text, and of the embedder.
     *
     * @return 43 characters of base64url
     */
    static String of(Request request, Model model, Scope scope, Question question, String embedder) {
        return Identity.hash(VERSION + " " + embedder, request, model, scope, question.nodes()::contains);
    }
}
