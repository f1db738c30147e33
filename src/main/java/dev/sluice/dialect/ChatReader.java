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
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads a stream of {@code chat.completion.chunk}s, each in one pass, and without a parser those that are like the one
 * before. As lenient as {@link WholeAnswer}: what is no chunk
 * is passed on, but a stream that held such a thing is not whole.
 */
final class ChatReader implements StreamReader {
    private static final JsonFactory FACTORY = new JsonFactoryBuilder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build()).build();
    /** What a choice has come to. */
    private static final byte UNSEEN = 0;
    private static final byte BEGUN = 1;
    private static final byte CUT = 2;
    private static final byte DONE = 3;
    private static final byte BAD = 4;

    private final byte[] model;
    private final boolean usageWanted;
    private final byte[] choices;
    private final ToldText told = new ToldText();
    private final ChunkFrame frame = new ChunkFrame();
    private boolean ended;
    private boolean failed;
    private boolean sound = true;
    private Usage usage;
    // of the event at hand
    private int modelStart;
    private int modelEnd;
    private boolean hasChoices;
    private boolean hasUsage;
    /** Whether it only goes on with what was said. */
    private boolean says;

    ChatReader(String model, boolean usageWanted, int choices) {
        this.model = Splice.quote(model).getBytes(StandardCharsets.UTF_8);
        this.usageWanted = usageWanted;
        this.choices = new byte[choices];
    }

    @Override
    public SseEvent read(SseEvent event) {
        if (!event.hasData()) {
            return event;
        }
        if (event.isDone()) {
            ended = true;
            return event;
        }
        byte[] bytes = event.dataBytes();
        if (frame.fits(bytes, event.dataStart(), event.dataEnd())) {
            frame.tell(told);
            return named(event, frame.modelStart(), frame.modelEnd());
        }
        return parse(event, bytes);
    }

    private SseEvent parse(SseEvent event, byte[] bytes) {
        modelStart = -1;
        hasChoices = false;
        hasUsage = false;
        says = true;
        frame.begin();
        try (JsonParser parser = FACTORY.createParser(bytes, event.dataStart(), event.dataLength())) {
            if (!chunk(parser) || parser.nextToken() != null) {
                sound = false;
                says = false;
            }
        } catch (IOException e) {
            sound = false;
            says = false;
            modelStart = -1;
        }
        if (says && hasChoices && !hasUsage && !failed) {
            frame.learn(bytes, event.dataStart(), event.dataEnd(), modelStart, modelEnd);
        }
        SseEvent named = named(event, modelStart, modelEnd);
        return hasUsage && !hasChoices && !usageWanted ? named.asHidden() : named;
    }

    private SseEvent named(SseEvent event, int start, int end) {
        int at = event.dataStart();
        return start < 0 || Arrays.equals(event.dataBytes(), at + start, at + end, model, 0, model.length)
                ? event
                : event.replacing(start, end, model);
    }

    private boolean chunk(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return false;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "model" -> {
                    if (value == JsonToken.VALUE_STRING) {
                        modelStart = (int) parser.currentTokenLocation().getByteOffset();
                        parser.finishToken();
                        modelEnd = (int) parser.currentLocation().getByteOffset();
                    }
                }
                case "choices" -> choices(parser);
                case "usage" -> usage(parser);
                case "error" -> {
                    failed |= value != JsonToken.VALUE_NULL;
                    parser.skipChildren();
                }
                default -> {
                    if (value == JsonToken.VALUE_STRING) {
                        string(parser, false);
                    } else {
                        parser.skipChildren();
                    }
                }
            }
        }
        return true;
    }

    /** One that the next chunk may have otherwise. */
    private void string(JsonParser parser, boolean generated) throws IOException {
        int start = (int) parser.currentTokenLocation().getByteOffset();
        if (generated) {
            told.add(parser.getText());
        } else {
            parser.finishToken();
        }
        frame.string(start, (int) parser.currentLocation().getByteOffset(), generated);
    }

    private void usage(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        hasUsage = true;
        OpenAiUsage counted = new OpenAiUsage();
        counted.read(parser);
        counted.usage().ifPresent(found -> usage = found); // some repeat it in every chunk: the last counts
    }

    private void choices(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            hasChoices = true;
            choice(parser);
        }
    }

    private void choice(JsonParser parser) throws IOException {
        int index = 0;
        byte state = BEGUN;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("index") && value == JsonToken.VALUE_NUMBER_INT) {
                index = parser.getIntValue();
            } else if (name.equals("finish_reason") && value == JsonToken.VALUE_STRING) {
                state = switch (ChatDialect.finish(parser.getText())) {
                    case COMPLETE -> DONE;
                    case AT_BOUND -> CUT;
                    case OTHER -> BAD;
                };
            } else if (name.equals("delta") && value == JsonToken.START_OBJECT) {
                delta(parser);
            } else {
                parser.skipChildren();
            }
        }
        says &= state == BEGUN;
        if (index < 0 || index >= choices.length) {
            sound = false; // more than were asked for
            says = false;
        } else if (state > choices[index]) {
            choices[index] = state;
        }
    }

    /** Every string is something that was generated, but for the names of things. */
    private void delta(JsonParser parser) throws IOException {
        int depth = 1;
        while (depth > 0) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                return;
            }
            if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
            } else if (token == JsonToken.VALUE_STRING && !isLabel(parser.currentName())) {
                string(parser, true);
            }
        }
    }

    private static boolean isLabel(String name) {
        return name != null && (name.equals("role") || name.equals("id") || name.equals("type"));
    }

    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public boolean isComplete() {
        boolean any = false;
        for (byte state : choices) {
            if (state == BEGUN) {
                return false;
            }
            any |= state != UNSEEN;
        }
        return any && !failed;
    }

    @Override
    public boolean failed() {
        return failed;
    }

    @Override
    public boolean isWhole(boolean boundCounts) {
        if (!ended || !sound || !isComplete()) {
            return false;
        }
        for (byte state : choices) {
            if (state == BAD || state == CUT && !boundCounts) {
                return false;
            }
        }
        return true;
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
