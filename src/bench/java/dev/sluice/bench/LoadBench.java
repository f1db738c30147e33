package dev.sluice.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * What the gateway costs, compared with the least that a reverse proxy on the same runtime can do. All servers run at the
 * same time and are asked in turn, round after round, so that what else happens on the machine falls on all of them.
 * <p>
 * System properties: {@code bench.out} (file for the JSON lines), {@code bench.rounds}, {@code bench.seconds} of each
 * measurement, {@code bench.warmup} seconds for each scenario before the first round, {@code bench.connections} of the
 * closed loops (a list), {@code bench.rate} requests per second of the open loop.
 */
public final class LoadBench {
    private static final Logger LOG = System.getLogger(LoadBench.class.getName());
    private static final int WARM_CONNECTIONS = 64;

    private final PrintStream out;
    private final int rounds = Integer.getInteger("bench.rounds", 5);
    private final Duration measurement = Duration.ofSeconds(Integer.getInteger("bench.seconds", 4));
    private final Duration warmUp = Duration.ofSeconds(Integer.getInteger("bench.warmup", 15));
    private final int[] connections = Arrays.stream(System.getProperty("bench.connections", "64,1").split(","))
            .mapToInt(Integer::parseInt).toArray();
    private final int rate = Integer.getInteger("bench.rate", 1000);
    private final Scenario direct = new Scenario("miss", Target.DIRECT, Questions.different(), "");
    private final Scenario proxy = new Scenario("miss", Target.PROXY, Questions.different(), "");
    private final List<Scenario> gateway = List.of(
            new Scenario("miss", Target.GATEWAY, Questions.different(), "fwd=miss"),
            new Scenario("hit", Target.GATEWAY, Questions.same(), "hit"));
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Report report = new Report();

    private LoadBench(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        int exit = 1;
        try {
            LoadBench bench = new LoadBench(System.out);
            try (Installation installation = new Installation()) {
                bench.run(installation);
            }
            bench.report.print(System.out);
            bench.report.write(Path.of(System.getProperty("bench.out", "target/bench.json")));
            exit = bench.report.broken() ? 1 : 0;
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.ERROR, "The benchmark failed.", e);
        }
        // Threads of the load generator would keep the process alive.
        System.exit(exit);
    }

    private void run(Installation installation) {
        warmUp(installation, direct);
        warmUp(installation, proxy);
        for (Scenario scenario : gateway) {
            warmUp(installation, scenario);
        }
        for (int round = 1; round <= rounds; round++) {
            for (int breadth : connections) {
                closedLoops(installation, breadth);
            }
            openLoops(installation);
            out.println("round " + round + " of " + rounds);
        }
    }

    private void warmUp(Installation installation, Scenario scenario) {
        scenario.prepare(installation, http);
        scenario.load(installation).closedLoop(WARM_CONNECTIONS, warmUp);
    }

    private void closedLoops(Installation installation, int breadth) {
        Function<Load, Load.Seen> loop = load -> load.closedLoop(breadth, measurement);
        Measured asDirect = measure(installation, direct, loop);
        Measured asProxy = measure(installation, proxy, loop);
        double baseline = asProxy.seen().perSecond();
        report.add(direct, breadth, asDirect, baseline);
        report.add(proxy, breadth, asProxy, baseline);
        for (Scenario scenario : gateway) {
            report.add(scenario, breadth, measure(installation, scenario, loop), baseline);
        }
    }

    private void openLoops(Installation installation) {
        Function<Load, Load.Seen> loop = load -> load.openLoop(rate, measurement);
        String suffix = "@" + rate;
        report.add(proxy.renamed(suffix), Load.OPEN_LOOP_CONNECTIONS, measure(installation, proxy, loop));
        for (Scenario scenario : gateway) {
            report.add(scenario.renamed(suffix), Load.OPEN_LOOP_CONNECTIONS, measure(installation, scenario, loop));
        }
    }

    /** @param cpu of the target's process, meanwhile */
    record Measured(Load.Seen seen, Duration cpu) {}

    private Measured measure(Installation installation, Scenario scenario, Function<Load, Load.Seen> loop) {
        scenario.prepare(installation, http);
        Child target = installation.of(scenario.target());
        Duration before = target.cpu();
        Load.Seen seen = loop.apply(scenario.load(installation));
        return new Measured(seen, target.cpu().minus(before));
    }
}
