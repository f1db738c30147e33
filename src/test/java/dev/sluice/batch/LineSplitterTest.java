package dev.sluice.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.batch.LineSplitter.Line;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class LineSplitterTest {

    @Test
    void cutsAtLineFeedsAndTakesALastLineWithoutOne() {
        assertThat(split(100, "one\ntwo\r\nthree")).containsExactly("1:one", "2:two\r", "3:three");
    }

    @Test
    void blankLinesCountAndAreLeftOut() {
        assertThat(split(100, "\n \t\r\none\n\n\ntwo\n\n")).containsExactly("3:one", "6:two");
    }

    @Test
    void whatIsTooLongIsPassedOverAndTheNextLineIsRead() {
        assertThat(split(4, "12345\n1234\n123456789012345\n1\n12345")).containsExactly("1:too long", "2:1234",
                "3:too long", "4:1", "5:too long");
    }

    @Test
    void nothingIsNothing() {
        assertThat(split(4, "")).isEmpty();
    }

    @RepeatedTest(50)
    void itDoesNotMatterWhereTheNetworkCuts(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        StringBuilder text = new StringBuilder();
        List<String> lines = new ArrayList<>();
        int count = random.nextInt(30);
        for (int i = 1; i <= count; i++) {
            String line = "ü".repeat(random.nextInt(40));
            text.append(line).append('\n');
            if (!line.isEmpty()) {
                lines.add(i + ":" + (2 * line.length() > 50 ? "too long" : line));
            }
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);

        LineSplitter splitter = new LineSplitter(50);
        List<String> read = new ArrayList<>();
        for (int at = 0; at < bytes.length;) {
            int until = Math.min(bytes.length, at + 1 + random.nextInt(60));
            splitter.feed(Arrays.copyOfRange(bytes, at, until));
            drain(splitter, read);
            at = until;
        }
        splitter.end();
        drain(splitter, read);

        assertThat(read).isEqualTo(lines);
    }

    private static List<String> split(int limit, String text) {
        LineSplitter splitter = new LineSplitter(limit);
        List<String> read = new ArrayList<>();
        splitter.feed(text.getBytes(StandardCharsets.UTF_8));
        drain(splitter, read);
        splitter.end();
        drain(splitter, read);
        return read;
    }

    private static void drain(LineSplitter splitter, List<String> into) {
        for (Line line = splitter.next(); line != null; line = splitter.next()) {
            into.add(line.number() + ":" + (line.tooLong()
                    ? "too long"
                    : new String(line.bytes(), StandardCharsets.UTF_8)));
        }
    }
}
