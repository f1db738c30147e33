package dev.sluice.translation;

import dev.sluice.json.Tree;
import java.time.Clock;

/** The translations there are. */
public final class Translations {
    private Translations() {
    }

    /**
     * A chat completion that Anthropic's Messages API is to answer.
     *
     * @param body valid JSON, read as a chat completion
     * @param model what the provider calls the model
     * @throws Untranslatable
     */
    public static Translation chatToMessages(byte[] body, String model, Clock clock) {
        boolean usageWanted = Tree.read(body)
                .map(chat -> chat.path("stream_options").path("include_usage").asBoolean()).orElse(false);
        return new ChatToMessages(ChatRequestAsMessages.translate(body, model), clock.instant().getEpochSecond(),
                usageWanted);
    }

    /**
     * A request to the Messages API that a provider of OpenAI's dialect is to answer.
     *
     * @param body valid JSON, read as a request to the Messages API
     * @param model what the provider calls the model
     * @param boundName the provider's member for an output bound
     * @throws Untranslatable
     */
    public static Translation messagesToChat(byte[] body, String model, String boundName) {
        String thinking = Tree.read(body).map(b -> Tree.text(b.path("thinking"), "type")).orElse("");
        return new MessagesToChat(MessagesRequestAsChat.translate(body, model, boundName),
                !thinking.isEmpty() && !thinking.equals("disabled"));
    }

    /** A whole chat completion as Anthropic's message. */
    public static byte[] chatAnswerAsMessages(byte[] completion) {
        return ChatAnswerAsMessages.translate(completion, false);
    }

    private record ChatToMessages(byte[] request, long created, boolean usageWanted) implements Translation {
        @Override
        public byte[] answer(byte[] body) {
            return MessagesAnswerAsChat.translate(body, created);
        }

        @Override
        public byte[] error(int status, byte[] body) {
            return ErrorBodies.asChat(body);
        }

        @Override
        public StreamTranslation stream() {
            return new MessagesStreamAsChat(created, usageWanted);
        }
    }

    private record MessagesToChat(byte[] request, boolean thoughts) implements Translation {
        @Override
        public byte[] answer(byte[] body) {
            return ChatAnswerAsMessages.translate(body, thoughts);
        }

        @Override
        public byte[] error(int status, byte[] body) {
            return ErrorBodies.asMessages(status, body);
        }

        @Override
        public StreamTranslation stream() {
            return new ChatStreamAsMessages(thoughts);
        }
    }
}
