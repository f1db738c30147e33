package dev.sluice.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseParserTest {

    private static final String ODD = """
            : a comment

            data: {"a":"ä€😀"}

            event: ping
            data:no space
            id: 7

            data: one
            data
            data: three

            data

            datax: not data

            data: [DONE]

            """;

    @ParameterizedTest
    @ValueSource(strings = { "\n", "\r\n", "\r"})
    void findsTheSameEventsWhereverTheNetworkCutsThem(String lineEnd) {
        byte[] wire = bytes(ODD.replace("\n", lineEnd));
        List<String> expected = List.of("null", "{\"a\":\"ä€😀\"}", "ping/no space", "one\n\nthree", "", "null",
                "[DONE]");

        assertThat(describe(parse(wire, wire.length))).isEqualTo(expected);
        for (int size = 1; size < 40; size++) {
            List<SseEvent> events = parse(wire, size);
            assertThat(describe(events).stream().filter(e -> !e.equals("null"))).isEqualTo(
                    expected.stream().filter(e -> !e.equals("null")).toList());
            assertThat(startOf(wire, events)).isTrue();
        }
    }

    @Test
    void randomCutsLoseNoByte() {
        Random random = new Random(7);
        byte[] wire = bytes(ODD.repeat(20));
        for (int round = 0; round < 200; round++) {
            SseParser parser = new SseParser(1 << 20);
            List<SseEvent> events = new ArrayList<>();
            int at = 0;
            while (at < wire.length) {
                int end = Math.min(wire.length, at + 1 + random.nextInt(60));
                parser.feed(Arrays.copyOfRange(wire, at, end), events::add);
                at = end;
            }
            assertThat(join(events)).isEqualTo(wire);
            assertThat(events).hasSize(140);
        }
    }

    @Test
    void oneMebibyteInOneEventOverManySegments() {
        byte[] wire = bytes("data: " + "x".repeat(1 << 20) + "\n\n");

        List<SseEvent> events = parse(wire, 10_000);

        assertThat(events).hasSize(1);
        assertThat(events.get(0).data()).hasSize(1 << 20);
    }

    @Test
    void anEventWithoutEndIsRestAndAnEndlessOneAFault() {
        SseParser parser = new SseParser(100);
        parser.feed(bytes("data: unfinished\n"), e -> {
            throw new AssertionError("not an event yet");
        });

        assertThat(parser.rest()).contains(bytes("data: unfinished\n"));
        assertThatThrownBy(() -> parser.feed(new byte[200], e -> {})).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void eventsOfOurOwnReadBackAsWritten() {
        List<SseEvent> events = parse(join(List.of(SseEvent.of(bytes("[DONE]")), SseEvent.comment("sluice"))), 3);

        assertThat(events.get(0).isDone()).isTrue();
        assertThat(events.get(1).hasData()).isFalse();
    }

    private static List<SseEvent> parse(byte[] wire, int size) {
        SseParser parser = new SseParser(2 << 20);
        List<SseEvent> events = new ArrayList<>();
        for (int at = 0; at < wire.length; at += size) {
            parser.feed(Arrays.copyOfRange(wire, at, Math.min(wire.length, at + size)), events::add);
        }
        return events;
    }

    private static List<String> describe(List<SseEvent> events) {
        return events.stream().map(e -> (e.type().isEmpty() ? "" : e.type() + "/")
                + (e.hasData() ? new String(e.data(), StandardCharsets.UTF_8) : "null")).toList();
    }

    private static byte[] join(List<SseEvent> events) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        events.forEach(e -> out.writeBytes(e.raw()));
        return out.toByteArray();
    }

    private static boolean startOf(byte[] wire, List<SseEvent> events) {
        byte[] joined = join(events);
        return Arrays.equals(joined, Arrays.copyOf(wire, joined.length));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
