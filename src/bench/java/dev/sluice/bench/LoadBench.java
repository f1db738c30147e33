package dev.sluice.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * What the gateway costs, compared with the least that a reverse proxy on the same runtime can do. All servers run at the
 * same time and are asked in turn, round after round, so that what else happens on the machine falls on all of them.
 * <p>
 * System properties: {@code bench.out} (file for the JSON lines), {@code bench.rounds}, {@code bench.seconds} of each
 * measurement, {@code bench.warmup} seconds for each scenario before the first round, {@code bench.connections}.
 */
public final class LoadBench {
    private static final int WARM_CONNECTIONS = 64;

    private final PrintStream out;
    private final int rounds = Integer.getInteger("bench.rounds", 5);
    private final Duration measurement = Duration.ofSeconds(Integer.getInteger("bench.seconds", 4));
    private final Duration warmUp = Duration.ofSeconds(Integer.getInteger("bench.warmup", 15));
    private final int[] connections = Arrays.stream(System.getProperty("bench.connections", "64,1").split(","))
            .mapToInt(Integer::parseInt).toArray();
    private final Scenario direct = new Scenario("miss", Target.DIRECT, Questions.different(), "");
    private final Scenario proxy = new Scenario("miss", Target.PROXY, Questions.different(), "");
    private final List<Scenario> gateway = List.of(
            new Scenario("miss", Target.GATEWAY, Questions.different(), "fwd=miss"),
            new Scenario("hit", Target.GATEWAY, Questions.same(), "hit"));
    private final Report report = new Report();

    private LoadBench(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        LoadBench bench = new LoadBench(System.out);
        try (Installation installation = new Installation()) {
            bench.run(installation);
        }
        bench.report.print(System.out);
        bench.report.write(Path.of(System.getProperty("bench.out", "target/bench.json")));
        // Hyperfoil leaves threads behind.
        System.exit(bench.report.broken() ? 1 : 0);
    }

    private void run(Installation installation) {
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        warmUp(installation, direct, http);
        warmUp(installation, proxy, http);
        for (Scenario scenario : gateway) {
            warmUp(installation, scenario, http);
        }
        for (int round = 1; round <= rounds; round++) {
            for (int breadth : connections) {
                round(installation, http, breadth);
            }
            out.println("round " + round + " of " + rounds);
        }
    }

    private void warmUp(Installation installation, Scenario scenario, HttpClient http) {
        scenario.prepare(installation, http);
        scenario.closedLoop(installation, WARM_CONNECTIONS, warmUp);
    }

    private void round(Installation installation, HttpClient http, int breadth) {
        double directCpu = cpu(installation, direct);
        Load.Seen seenDirect = direct.closedLoop(installation, breadth, measurement);
        directCpu = cpu(installation, direct) - directCpu;
        double proxyCpu = cpu(installation, proxy);
        Load.Seen seenProxy = proxy.closedLoop(installation, breadth, measurement);
        proxyCpu = cpu(installation, proxy) - proxyCpu;
        report.add(direct, breadth, seenDirect, directCpu, seenProxy.perSecond());
        report.add(proxy, breadth, seenProxy, proxyCpu, seenProxy.perSecond());
        for (Scenario scenario : gateway) {
            scenario.prepare(installation, http);
            double cpu = cpu(installation, scenario);
            Load.Seen seen = scenario.closedLoop(installation, breadth, measurement);
            report.add(scenario, breadth, seen, cpu(installation, scenario) - cpu, seenProxy.perSecond());
        }
    }

    private static double cpu(Installation installation, Scenario scenario) {
        return installation.of(scenario.target()).cpu().toNanos() / 1e9;
    }
}
