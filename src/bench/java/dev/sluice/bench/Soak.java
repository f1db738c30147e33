package dev.sluice.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * Mixed traffic with everything on, at 70 % of what a closed loop of few connections gets through, for minutes. After each
 * minute (outside of what is timed) the gateway's heap is collected and measured, and what it holds open is counted; then
 * the plain proxy has some seconds at the same share of what it gets through, which tells how steady the machine is.
 */
final class Soak {
    private static final double LOAD = .7;
    private static final int WARM_CONNECTIONS = 64;
    /** Few, because an open loop has few requests under way at once: what more of them share would count as capacity. */
    private static final int CONNECTIONS = 8;
    /** With fewer the virtual machine still compiles, and the first minutes would look worse than the last. */
    private static final Duration WARM = Duration.ofMinutes(3);
    private static final Duration CAPACITY = Duration.ofSeconds(10);
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final Duration CONTROL = Duration.ofSeconds(10);
    private static final int COMPARED = 5;
    private static final double MEGABYTE = 1e6;

    private final Installation installation;
    private final Scenario scenario;

    Soak(Installation installation, Scenario scenario) {
        this.installation = installation;
        this.scenario = scenario;
    }

    /** @param duration whole minutes */
    void run(Duration duration) {
        Meter meter = new Meter(installation);
        meter.warmUp(scenario, Target.PROXY, WARM_CONNECTIONS, CONTROL);
        meter.warmUp(scenario, Target.GATEWAY, WARM_CONNECTIONS, WARM);
        double proxyRate = rate(meter, Target.PROXY);
        double rate = rate(meter, Target.GATEWAY);
        Child gateway = installation.of(Target.GATEWAY, scenario.semantic());
        System.out.printf(Locale.ROOT, "%nSoak: %s at %.0f requests a second, the proxy at %.0f.%n%n"
                + "%6s %9s %9s %9s %8s %9s %6s %8s %12s%n", scenario.name(), rate, proxyRate,
                "minute", "req/s", "p50 ms", "p99 ms", "faults", "heap MB", "fds", "sockets", "proxy p99 ms");
        List<Histogram> windows = new ArrayList<>();
        List<Histogram> controls = new ArrayList<>();
        for (int minute = 1; minute <= Math.max(1, duration.toMinutes()); minute++) {
            Load.Seen seen = meter.load(scenario, Target.GATEWAY).openLoop(rate, WINDOW);
            windows.add(seen.latencies());
            List<String> open = open(gateway.pid());
            double heap = gateway.jvm().heapAfterCollection() / MEGABYTE;
            Load.Seen proxy = meter.load(scenario, Target.PROXY).openLoop(proxyRate, CONTROL);
            controls.add(proxy.latencies());
            System.out.printf(Locale.ROOT, "%6d %9.0f %9.3f %9.3f %8d %9.1f %6d %8d %12.3f%n", minute,
                    seen.perSecond(), seen.millis(50), seen.millis(99), seen.faults(), heap, open.size(),
                    open.stream().filter(target -> target.startsWith("socket:")).count(), proxy.millis(99));
        }
        System.out.println();
        compare("p99", windows);
        compare("The proxy's p99", controls);
    }

    private double rate(Meter meter, Target target) {
        return LOAD * meter.load(scenario, target).closedLoop(CONNECTIONS, CAPACITY).perSecond();
    }

    private static void compare(String what, List<Histogram> windows) {
        int compared = Math.min(COMPARED, Math.max(1, windows.size() / 2));
        double first = p99(windows.subList(0, compared));
        double last = p99(windows.subList(windows.size() - compared, windows.size()));
        System.out.printf(Locale.ROOT, "%s of the first %d minutes %.3f ms, of the last %.3f ms: %+.0f %%%n", what,
                compared, first, last, 100 * (last / first - 1));
    }

    private static double p99(List<Histogram> windows) {
        Histogram all = new Histogram(windows.get(0));
        windows.forEach(all::add);
        return all.getValueAtPercentile(99) / 1e6;
    }

    /** What the file descriptors of a process stand for (Linux; empty elsewhere). */
    private static List<String> open(long pid) {
        Path folder = Path.of("/proc", Long.toString(pid), "fd");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(Soak::target).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }
}
