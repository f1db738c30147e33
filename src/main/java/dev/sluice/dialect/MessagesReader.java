package dev.sluice.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.Usage;
import dev.sluice.json.Splice;
import dev.sluice.sse.SseEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads a stream of Anthropic's events, each in one pass. What is no such event is passed on, but a stream that held it is
 * not whole.
 */
final class MessagesReader implements StreamReader {
    private final byte[] model;
    private final ToldText told = new ToldText();
    private final MessagesUsage usage = new MessagesUsage();
    private String stopReason = "";
    private boolean ended;
    private boolean failed;
    private boolean sound = true;
    // of the event at hand
    private int modelStart;
    private int modelEnd;

    MessagesReader(String model) {
        this.model = Splice.quote(model).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public SseEvent read(SseEvent event) {
        if (!event.hasData()) {
            return event;
        }
        modelStart = -1;
        try (JsonParser parser = WholeAnswer.FACTORY.createParser(event.dataBytes(), event.dataStart(),
                event.dataLength())) {
            sound &= event(parser) && parser.nextToken() == null;
        } catch (IOException e) {
            sound = false;
        }
        return modelStart < 0 ? event : event.replacing(modelStart, modelEnd, model);
    }

    private boolean event(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return false;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("type") && value == JsonToken.VALUE_STRING) {
                String type = parser.getText();
                ended |= type.equals("message_stop");
                failed |= type.equals("error");
            } else if (value != JsonToken.START_OBJECT) {
                parser.skipChildren();
            } else {
                switch (name) {
                    case "message" -> message(parser);
                    case "usage" -> usage.read(parser);
                    case "delta", "content_block" -> piece(parser);
                    default -> parser.skipChildren();
                }
            }
        }
        return true;
    }

    private void message(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("model") && value == JsonToken.VALUE_STRING) {
                modelStart = (int) parser.currentTokenLocation().getByteOffset();
                parser.finishToken();
                modelEnd = (int) parser.currentLocation().getByteOffset();
            } else if (name.equals("usage") && value == JsonToken.START_OBJECT) {
                usage.read(parser);
            } else {
                parser.skipChildren();
            }
        }
    }

    /** Of a block, or why the message ends. */
    private void piece(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value != JsonToken.VALUE_STRING) {
                parser.skipChildren();
                continue;
            }
            switch (name) {
                case "text", "thinking", "partial_json", "name" -> told.add(parser.getText());
                case "stop_reason" -> stopReason = parser.getText();
                default -> {
                    // ids, types, signatures
                }
            }
        }
    }

    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public boolean isComplete() {
        return !stopReason.isEmpty() && !failed;
    }

    @Override
    public boolean failed() {
        return failed;
    }

    @Override
    public boolean isWhole(boolean boundCounts) {
        return ended && sound && !failed && MessagesDialect.finish(stopReason).isWhole(boundCounts);
    }

    @Override
    public Optional<Usage> usage() {
        return usage.usage();
    }

    @Override
    public Told told() {
        return told.told();
    }
}
