package dev.sluice.translation;

import dev.sluice.json.Tree;
import dev.sluice.sse.SseEvent;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

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

    /**
     * A request of the Responses API that a provider of chat completions is to answer.
     *
     * @param body valid JSON, read as a request of the Responses API
     * @param boundName the provider's member for an output bound
     * @throws Untranslatable
     */
    public static Translation responsesToChat(byte[] body, String boundName) {
        return new ResponsesToChat(body, boundName);
    }

    /**
     * A request of the Responses API that Anthropic's Messages API is to answer.
     *
     * @param body valid JSON, read as a request of the Responses API
     * @param model what the provider calls the model
     * @throws Untranslatable
     */
    public static Translation responsesToMessages(byte[] body, String model, Clock clock) {
        Translation near = new ResponsesToChat(body, "max_tokens");
        return new Chain(near, chatToMessages(near.request(), model, clock));
    }

    /** By way of a third dialect. */
    private record Chain(Translation near, Translation far) implements Translation {
        @Override
        public byte[] request() {
            return far.request();
        }

        @Override
        public byte[] answer(byte[] body) {
            return near.answer(far.answer(body));
        }

        @Override
        public byte[] error(int status, byte[] body) {
            return near.error(status, far.error(status, body));
        }

        @Override
        public StreamTranslation stream() {
            return new ChainedStream(near.stream(), far.stream());
        }
    }

    private record ChainedStream(StreamTranslation near, StreamTranslation far) implements StreamTranslation {
        @Override
        public List<SseEvent> take(SseEvent event) {
            return handOn(far.take(event));
        }

        @Override
        public List<SseEvent> end() {
            List<SseEvent> rest = handOn(far.end());
            rest.addAll(near.end());
            return rest;
        }

        private List<SseEvent> handOn(List<SseEvent> events) {
            List<SseEvent> handed = new ArrayList<>();
            events.forEach(event -> handed.addAll(near.take(event)));
            return handed;
        }
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
