package dev.sluice.upstream;

import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import java.nio.charset.StandardCharsets;

/** Whether an answer says that the provider does not know a member of the request's body. */
final class RefusedMember {
    private static final int BAD_REQUEST = 400;
    private static final int UNPROCESSABLE = 422;

    private RefusedMember() {
    }

    static boolean isToldBy(Reply reply, String member) {
        return reply instanceof Answer answer && (answer.status() == BAD_REQUEST || answer.status() == UNPROCESSABLE)
                && new String(answer.body(), StandardCharsets.UTF_8).contains(member);
    }
}
