package dev.sluice.dialect;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.sluice.Usage;
import dev.sluice.json.Splice;
import dev.sluice.sse.SseEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads the events of a response, each in one pass. The first and the last hold the response itself: what it is called,
 * how it ended, what it used.
 */
final class ResponsesReader implements StreamReader {
    private static final JsonFactory FACTORY = new JsonFactoryBuilder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build()).build();

    private final byte[] model;
    private final ToldText told = new ToldText();
    private final FinishReader finish = new FinishReader.OfResponse();
    private boolean sound = true;
    private boolean ended;
    private boolean failed;
    private Usage usage;
    // of the event at hand
    private String type;
    private String delta;
    private int modelStart;
    private int modelEnd;

    ResponsesReader(String model) {
        this.model = Splice.quote(model).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public SseEvent read(SseEvent event) {
        if (!event.hasData() || event.isDone()) {
            return event;
        }
        type = event.type();
        delta = null;
        modelStart = -1;
        try (JsonParser parser = FACTORY.createParser(event.dataBytes(), event.dataStart(), event.dataLength())) {
            sound &= event(parser) && parser.nextToken() == null;
        } catch (IOException e) {
            sound = false;
        }
        switch (type) {
            case ResponsesDialect.COMPLETED, ResponsesDialect.INCOMPLETE -> ended = true;
            case ResponsesDialect.FAILED, ResponsesDialect.ERROR -> failed = true;
            default -> {
                if (delta != null && type.endsWith(".delta")) {
                    told.add(delta);
                }
            }
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
                type = parser.getText();
            } else if (name.equals("delta") && value == JsonToken.VALUE_STRING) {
                delta = parser.getText();
            } else if (name.equals("response") && value == JsonToken.START_OBJECT) {
                response(parser);
            } else {
                parser.skipChildren();
            }
        }
        return true;
    }

    private void response(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("model") && value == JsonToken.VALUE_STRING) {
                modelStart = (int) parser.currentTokenLocation().getByteOffset();
                parser.finishToken();
                modelEnd = (int) parser.currentLocation().getByteOffset();
            } else if (name.equals("usage") && value == JsonToken.START_OBJECT) {
                OpenAiUsage counted = new OpenAiUsage();
                counted.read(parser);
                counted.usage().ifPresent(found -> usage = found);
            } else {
                finish.read(name, parser);
            }
        }
    }

    @Override
    public boolean ended() {
        return ended;
    }

    /** Never: the last event is the one that says so. */
    @Override
    public boolean isComplete() {
        return false;
    }

    @Override
    public boolean failed() {
        return failed;
    }

    @Override
    public boolean isWhole(boolean boundCounts) {
        return ended && !failed && sound && finish.finish().isWhole(boundCounts);
    }

    @Override
    public Optional<Usage> usage() {
        return Optional.ofNullable(usage);
    }

    @Override
    public Told told() {
        return told.told();
    }
}
