package dev.sluice.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was measured: text for people as it comes, and rows of JSON for programs. */
public final class Report {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final PrintStream out;
    private final List<String> rows = new ArrayList<>();

    public Report(PrintStream out) {
        this.out = out;
    }

    public void title(String text) {
        out.println();
        out.println(text);
        out.println("-".repeat(text.length()));
    }

    public void text(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }

    public void row(String set, String subject, String metric, double value) {
        row(set, subject, metric, value, new Interval(value, value));
    }

    public void row(String set, String subject, String metric, double value, Interval interval) {
        ObjectNode row = MAPPER.createObjectNode();
        row.put("set", set).put("subject", subject).put("metric", metric).put("value", rounded(value))
                .put("lo", rounded(interval.lo())).put("hi", rounded(interval.hi()));
        rows.add(row.toString());
    }

    /** One JSON object a line. */
    void write(Path file) throws IOException {
        if (file.toAbsolutePath().getParent() != null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
        Files.write(file, rows);
    }

    private static Double rounded(double value) {
        return Double.isNaN(value) ? null : Math.rint(value * 1e6) / 1e6;
    }
}
