package dev.sluice.dialect;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.Splice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Taking apart and putting together what {@code /embeddings} speaks: a request is a list of inputs that do not know of one
 * another, an answer the list of their vectors. So a request can be answered in part from elsewhere.
 */
public final class Embeddings {
    private static final JsonFactory FACTORY = new JsonFactoryBuilder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build()).build();
    private static final String INPUT = "input";

    private Embeddings() {
    }

    /** The nodes of the inputs: one text, one list of tokens, or each element of a list of either. */
    public static int[] inputs(Json body) {
        int input = body.member(body.root(), INPUT);
        int first = body.is(input, Kind.ARRAY) ? body.first(input) : Json.NONE;
        if (first == Json.NONE || body.is(first, Kind.NUMBER)) {
            return new int[]{ input};
        }
        int[] inputs = new int[16];
        int count = 0;
        for (int element = first; element != Json.NONE; element = body.next(input, element)) {
            if (count == inputs.length) {
                inputs = Arrays.copyOf(inputs, 2 * count);
            }
            inputs[count++] = element;
        }
        return Arrays.copyOf(inputs, count);
    }

    /** The same request for these inputs only; every other byte is the client's. */
    public static Request asking(Request request, int[] inputs) {
        Json body = request.body();
        StringBuilder list = new StringBuilder("[");
        for (int input : inputs) {
            list.append(list.length() == 1 ? "" : ",").append(new String(body.bytes(), body.start(input),
                    body.end(input) - body.start(input), StandardCharsets.UTF_8));
        }
        byte[] bytes = Splice.of(body).replace(body.member(body.root(), INPUT), list.append(']').toString()).bytes();
        return new Request(request.endpoint(), Json.parse(bytes), request.model(), request.prompt(),
                request.outputBound(), request.choices());
    }

    /**
     * What an answer says of one input, as the provider wrote it but for the place of the input in the request.
     *
     * @param json of an object, without the value of its {@code index}
     * @param gap where that value belongs
     */
    public record Piece(byte[] json, int gap) {

        public static Piece ofBytes(byte[] bytes) {
            return new Piece(Arrays.copyOfRange(bytes, Integer.BYTES, bytes.length), ByteBuffer.wrap(bytes).getInt());
        }

        /** To be kept; {@link #ofBytes} reads it. */
        public byte[] bytes() {
            return ByteBuffer.allocate(Integer.BYTES + json.length).putInt(gap).put(json).array();
        }
    }

    /**
     * The pieces of an answer in the order of the inputs.
     *
     * @param expected how many inputs there were
     * @return empty where the answer is not exactly one vector for each of them
     */
    public static Optional<List<Piece>> pieces(byte[] answer, int expected) {
        Piece[] pieces = new Piece[expected];
        try (JsonParser parser = FACTORY.createParser(answer)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean data = parser.currentName().equals("data");
                if (parser.nextToken() == JsonToken.START_ARRAY && data) {
                    while (parser.nextToken() == JsonToken.START_OBJECT) {
                        if (!read(parser, answer, pieces)) {
                            return Optional.empty();
                        }
                    }
                } else {
                    parser.skipChildren();
                }
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        List<Piece> all = Arrays.asList(pieces);
        return all.contains(null) ? Optional.empty() : Optional.of(all);
    }

    private static boolean read(JsonParser parser, byte[] answer, Piece[] pieces) throws IOException {
        int start = (int) parser.currentTokenLocation().getByteOffset();
        int index = -1;
        int indexStart = 0;
        int indexEnd = 0;
        boolean embedded = false;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("index") && value == JsonToken.VALUE_NUMBER_INT) {
                indexStart = (int) parser.currentTokenLocation().getByteOffset();
                indexEnd = indexStart + parser.getTextLength();
                index = parser.getIntValue();
            } else {
                embedded |= name.equals("embedding")
                        && (value == JsonToken.START_ARRAY || value == JsonToken.VALUE_STRING);
                parser.skipChildren();
            }
        }
        if (!embedded || index < 0 || index >= pieces.length || pieces[index] != null) {
            return false;
        }
        int end = (int) parser.currentLocation().getByteOffset();
        byte[] json = Arrays.copyOfRange(answer, start, end - (indexEnd - indexStart));
        System.arraycopy(answer, indexEnd, json, indexStart - start, end - indexEnd);
        pieces[index] = new Piece(json, indexStart - start);
        return true;
    }

    /**
     * One answer of these pieces, in their order.
     *
     * @param tokens of all inputs together
     */
    public static byte[] join(List<Piece> pieces, String model, long tokens) {
        int size = 128 + model.length();
        for (Piece piece : pieces) {
            size += piece.json.length + 8;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(size);
        out.writeBytes("{\"object\":\"list\",\"data\":[".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            if (i > 0) {
                out.write(',');
            }
            out.write(piece.json, 0, piece.gap);
            out.writeBytes(Integer.toString(i).getBytes(StandardCharsets.US_ASCII));
            out.write(piece.json, piece.gap, piece.json.length - piece.gap);
        }
        out.writeBytes(("],\"model\":" + Splice.quote(model) + ",\"usage\":{\"prompt_tokens\":" + tokens
                + ",\"total_tokens\":" + tokens + "}}").getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }
}
