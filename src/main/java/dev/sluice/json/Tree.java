package dev.sluice.json;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** A JSON object as a tree, for texts that are rebuilt instead of passed on. Numbers keep their digits. */
public final class Tree {
    /** Levels that may be put around what was read: an event around an answer. */
    private static final int ENVELOPE = 8;
    private static final JsonMapper MAPPER = JsonMapper
            .builder(new JsonFactoryBuilder().streamReadConstraints(
                    StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                    .streamWriteConstraints(StreamWriteConstraints.builder()
                            .maxNestingDepth(StreamReadConstraints.DEFAULT_MAX_DEPTH + ENVELOPE).build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
            .build();

    private Tree() {
    }

    /** An empty one. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** @throws IllegalArgumentException if this is not one JSON object */
    public static ObjectNode object(byte[] bytes) {
        return read(bytes).orElseThrow(() -> new IllegalArgumentException("This is not a JSON object."));
    }

    /** Empty if this is not one JSON object. */
    public static Optional<ObjectNode> read(byte[] bytes) {
        try {
            return object(MAPPER.readTree(bytes));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Empty if this is not one JSON object. */
    public static Optional<ObjectNode> read(String text) {
        try {
            return object(MAPPER.readTree(text));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<ObjectNode> object(JsonNode node) {
        return node instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
    }

    public static byte[] bytes(JsonNode tree) {
        try {
            return MAPPER.writeValueAsBytes(tree);
        } catch (JsonProcessingException e) {
            return escaped(tree);
        }
    }

    /** UTF-8 cannot say half of a surrogate pair, which models do produce when they are cut off; an escape can. */
    private static byte[] escaped(JsonNode tree) {
        try {
            return MAPPER.writer().with(JsonGenerator.Feature.ESCAPE_NON_ASCII).writeValueAsBytes(tree);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The member's text; empty where it is absent or no string. */
    public static String text(JsonNode object, String name) {
        return object.path(name).asText("");
    }

    /** Whether the member is there and not null. */
    public static boolean has(JsonNode object, String name) {
        return object.hasNonNull(name);
    }
}
