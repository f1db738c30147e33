package dev.sluice.dialect;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.sluice.Finish;
import dev.sluice.Usage;
import dev.sluice.json.Json;
import dev.sluice.json.MalformedJson;
import dev.sluice.json.Splice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What the gateway has to know of a provider's whole answer, found in one pass. It is more lenient than the reader of
 * requests, because an answer is only passed on: models do produce halves of surrogate pairs when they are cut off.
 */
public final class WholeAnswer {
    static final JsonFactory FACTORY = new JsonFactoryBuilder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build()).build();

    private final byte[] bytes;
    private int modelStart = -1;
    private int modelEnd;
    private final UsageCount usage;
    private final FinishReader finish;

    private WholeAnswer(byte[] bytes, UsageCount usage, FinishReader finish) {
        this.bytes = bytes;
        this.usage = usage;
        this.finish = finish;
    }

    /**
     * @param usage to be read into
     * @param finish to be read into
     * @return empty if this is not one JSON object
     */
    static Optional<WholeAnswer> read(byte[] bytes, UsageCount usage, FinishReader finish) {
        WholeAnswer answer = new WholeAnswer(bytes, usage, finish);
        for (int i = 0; i < Math.min(4, bytes.length); i++) {
            if (bytes[i] == 0) {
                return Optional.empty(); // UTF-16 or -32, which the parser would accept
            }
        }
        try (JsonParser parser = FACTORY.createParser(bytes)) {
            return answer.object(parser) ? Optional.of(answer) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private boolean object(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return false;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value == JsonToken.VALUE_STRING && name.equals("model")) {
                modelStart = (int) parser.currentTokenLocation().getByteOffset();
                parser.finishToken();
                modelEnd = (int) parser.currentLocation().getByteOffset();
            } else if (value == JsonToken.START_OBJECT && name.equals("usage")) {
                usage.read(parser);
            } else {
                finish.read(name, parser);
            }
        }
        return parser.nextToken() == null;
    }

    /** The same bytes, with this model's name where the provider named its own. */
    public byte[] naming(String model) {
        byte[] name = Splice.quote(model).getBytes(StandardCharsets.UTF_8);
        if (modelStart < 0) {
            return bytes;
        }
        byte[] copy = new byte[bytes.length - (modelEnd - modelStart) + name.length];
        System.arraycopy(bytes, 0, copy, 0, modelStart);
        System.arraycopy(name, 0, copy, modelStart, name.length);
        System.arraycopy(bytes, modelEnd, copy, modelStart + name.length, bytes.length - modelEnd);
        return copy;
    }

    /** As the provider counted; empty where it did not, or where the counts cannot be true. */
    public Optional<Usage> usage() {
        return usage.usage();
    }

    /** As the provider said; what holds halves of characters was cut off, whatever it says. */
    public Finish finish() {
        Finish said = finish.finish();
        return said == Finish.OTHER || isText() ? said : Finish.OTHER;
    }

    private boolean isText() {
        try {
            Json.requireText(bytes);
            return true;
        } catch (MalformedJson e) {
            return false;
        }
    }
}
