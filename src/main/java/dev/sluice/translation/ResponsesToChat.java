package dev.sluice.translation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;

/** OpenAI's Responses for a provider that knows chat completions only. */
final class ResponsesToChat implements Translation {
    private final ObjectNode asked;
    private final byte[] request;

    /**
     * @param body valid JSON, read as a request of the Responses API
     * @param boundName the provider's member for an output bound
     * @throws Untranslatable
     */
    ResponsesToChat(byte[] body, String boundName) {
        this.asked = Tree.object(body);
        this.request = Tree.bytes(ChatOfResponses.of(asked, boundName));
    }

    @Override
    public byte[] request() {
        return request;
    }

    @Override
    public byte[] answer(byte[] whole) {
        return new ResponsesOfChat(asked).whole(read(whole, "answered something that is not a JSON object"));
    }

    /** The two APIs share their envelope. */
    @Override
    public byte[] error(int status, byte[] body) {
        return body;
    }

    @Override
    public StreamTranslation stream() {
        return new ResponsesOfChat(asked);
    }

    static ObjectNode read(byte[] bytes, String otherwise) {
        try {
            return Tree.object(bytes);
        } catch (IllegalArgumentException e) {
            throw new UnreadableAnswer(otherwise);
        }
    }
}
