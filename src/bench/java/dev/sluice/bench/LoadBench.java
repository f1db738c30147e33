package dev.sluice.bench;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What the gateway costs, compared with the least that a reverse proxy on the same runtime can do. All servers run at the
 * same time; round after round, for each scenario the proxy is asked and then the gateways, so that what else happens on
 * the machine falls on all of them.
 */
public final class LoadBench {
    private static final int WARM_CONNECTIONS = 64;

    /** For a cache that is to grow. */
    private static final Map<String, String> ROOM = Map.of("sluice.cache.max-entries", "10000000");
    /** For a soak, which is to see what users see: the default. */
    private static final Map<String, String> PATIENCE = Map.of("sluice.cache.semantic.timeout", "200ms");

    private final Options options;
    private final Meter meter;
    private final List<Target> gateways;
    private final Report report = new Report();

    private LoadBench(Options options, Installation installation) {
        this.options = options;
        this.meter = new Meter(installation);
        this.gateways = options.withNative() && Installation.executable().isPresent()
                ? List.of(Target.GATEWAY, Target.NATIVE)
                : List.of(Target.GATEWAY);
    }

    public static void main(String[] arguments) {
        int exit = 1;
        try {
            Options options = Options.ofSystem();
            if (options.microbenchmarks() != null) {
                MicroBench.run(options.microbenchmarks());
                exit = 0;
            } else {
                exit = run(options);
            }
        } catch (IOException | RuntimeException | Error e) {
            e.printStackTrace(); // the load generator's logging is turned off
        }
        // Threads of the load generator would keep the process alive.
        System.exit(exit);
    }

    /** @return the exit code */
    private static int run(Options options) throws IOException {
        Map<String, String> more = options.soak() != null ? PATIENCE : options.growth().isEmpty() ? Map.of() : ROOM;
        try (Installation installation = new Installation(more)) {
            if (options.soak() != null) {
                new Soak(installation, Scenario.of("mixed", options.data())).run(options.soak());
                return 0;
            }
            Report report = options.growth().isEmpty()
                    ? new LoadBench(options, installation).measure()
                    : new Growth(installation, options).run();
            report.print(System.out);
            report.write(options.out());
            boolean good = options.smoke() ? Smoke.holds(report.lines()) : !report.broken();
            return good ? 0 : 1;
        }
    }

    private Report measure() throws IOException {
        List<Scenario> scenarios = options.scenarios();
        for (Scenario scenario : scenarios) {
            meter.warmUp(scenario, Target.PROXY, WARM_CONNECTIONS, options.warmUp());
            for (Target gateway : gateways) {
                meter.warmUp(scenario, gateway, WARM_CONNECTIONS, options.warmUp());
                meter.countRoundTrips(scenario, gateway);
            }
        }
        for (int round = 1; round <= options.rounds(); round++) {
            for (Scenario scenario : scenarios) {
                for (int connections : options.connections()) {
                    closedLoops(scenario, connections);
                }
                if (options.rate() > 0) {
                    openLoops(scenario);
                }
            }
            System.out.println("round " + round + " of " + options.rounds());
            report.write(options.out()); // so that a long run that ends early is not lost
        }
        return report;
    }

    private void closedLoops(Scenario scenario, int connections) {
        Function<Load, Load.Seen> loop = load -> load.closedLoop(connections, options.measurement());
        Meter.Measured proxy = meter.measure(scenario, Target.PROXY, loop);
        report.add(scenario.name(), Target.PROXY, connections, proxy, proxy.seen().perSecond());
        for (Target gateway : gateways) {
            report.add(scenario.name(), gateway, connections, meter.measure(scenario, gateway, loop),
                    proxy.seen().perSecond());
        }
    }

    private void openLoops(Scenario scenario) {
        double rate = options.rate() * scenario.share();
        Function<Load, Load.Seen> loop = load -> load.openLoop(rate, options.measurement());
        String name = scenario.name() + "@" + Math.round(rate);
        report.add(name, Target.PROXY, Load.OPEN_LOOP_CONNECTIONS, meter.measure(scenario, Target.PROXY, loop),
                Double.NaN);
        for (Target gateway : gateways) {
            report.add(name, gateway, Load.OPEN_LOOP_CONNECTIONS, meter.measure(scenario, gateway, loop), Double.NaN);
        }
    }
}
