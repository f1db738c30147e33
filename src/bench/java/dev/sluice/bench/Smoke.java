package dev.sluice.bench;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/**
 * Compares ratios with those on record. A short run on a machine that does other things tells little, so that only a
 * collapse counts: less than half.
 */
final class Smoke {
    private static final Path RECORDED = Path.of("src", "bench", "ratios.properties");
    private static final double COLLAPSE = .5;

    private Smoke() {
    }

    /** @return whether none of the gateway's ratios has collapsed */
    static boolean holds(List<Report.Line> lines) {
        Properties recorded = new Properties();
        try (Reader reader = Files.newBufferedReader(RECORDED)) {
            recorded.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        boolean holds = true;
        for (Report.Line line : lines) {
            String known = recorded.getProperty(line.scenario());
            if (known != null && line.ratio() != null && line.target().equals(Target.GATEWAY.toString())) {
                boolean collapsed = line.ratio() < COLLAPSE * Double.parseDouble(known);
                System.out.printf(Locale.ROOT, "%-12s ratio %.3f, on record %s%s%n", line.scenario(), line.ratio(),
                        known, collapsed ? ": COLLAPSED" : "");
                holds &= !collapsed;
            }
        }
        return holds;
    }
}
