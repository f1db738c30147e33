package dev.sluice.verify;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** Pairs of questions, a line each, parted by a bar. */
final class Questions {

    private Questions() {
    }

    /** That need different answers. */
    static List<String[]> other() {
        return pairs("/verify/other-questions.txt");
    }

    /** That have one answer. */
    static List<String[]> same() {
        return pairs("/verify/same-questions.txt");
    }

    static List<String> all() {
        return Stream.concat(other().stream(), same().stream()).flatMap(Stream::of).distinct().toList();
    }

    private static List<String[]> pairs(String resource) {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(Questions.class.getResourceAsStream(resource), StandardCharsets.UTF_8))) {
            return lines.lines().map(line -> line.split(" \\| ")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
