package dev.sluice.translation;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.sse.SseEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** JSON as tests write it: single quotes for double ones. */
final class JsonText {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private JsonText() {
    }

    static byte[] bytes(String text) {
        return text.replace('\'', '"').getBytes(UTF_8);
    }

    static JsonNode tree(String text) {
        return tree(bytes(text));
    }

    static JsonNode tree(byte[] bytes) {
        try {
            return MAPPER.readTree(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything a translation tells of these events and their end, as {@code type data}. */
    static List<String> told(StreamTranslation translation, List<SseEvent> events) {
        List<SseEvent> told = new ArrayList<>();
        events.forEach(event -> told.addAll(translation.take(event)));
        told.addAll(translation.end());
        return told.stream().map(JsonText::line).toList();
    }

    static String line(SseEvent event) {
        if (!event.hasData()) {
            return new String(event.raw(), UTF_8).strip();
        }
        String data = new String(event.data(), UTF_8);
        return (event.type().isEmpty() ? "" : event.type() + " ") + data.replace('"', '\'');
    }
}
