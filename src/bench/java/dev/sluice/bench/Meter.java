package dev.sluice.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Puts load on one target and reads what it cost: CPU, allocation, Redis. */
final class Meter {
    private static final Duration WATCHED = Duration.ofSeconds(1);
    private static final Duration WARM_ROUND = Duration.ofSeconds(3);
    private static final double PERCENTILE = 99;

    private final Installation installation;
    private final Map<String, Double> roundTrips = new HashMap<>();

    Meter(Installation installation) {
        this.installation = installation;
    }

    /**
     * @param cpu of the target's process, meanwhile
     * @param redisCpu of Redis, meanwhile
     * @param allocated bytes on the target's heap, meanwhile; NaN where it does not say
     * @param roundTrips to Redis per request; NaN where they were not counted
     * @param ownMillis 99th percentile of the gateway's own time, as it says itself; NaN of anybody else
     */
    record Measured(Load.Seen seen, Duration cpu, Duration redisCpu, double allocated, double roundTrips,
            double ownMillis) {
        private Measured withOwnMillis(double millis) {
            return new Measured(seen, cpu, redisCpu, allocated, roundTrips, millis);
        }
    }

    /** Asks once, so that what is measured is what it says. */
    Load load(Scenario scenario, Target target) {
        return scenario.load(target, installation.of(target, scenario.semantic()).port());
    }

    /**
     * In rounds as they are measured: what a JVM has compiled during one long load it compiles anew, for several rounds,
     * when connections begin to come and go and its figures are read.
     */
    void warmUp(Scenario scenario, Target target, int connections, Duration duration) {
        Load load = load(scenario, target);
        List<Child> asked = List.of(installation.of(target, scenario.semantic()));
        for (Duration left = duration; left.compareTo(Duration.ZERO) > 0; left = left.minus(WARM_ROUND)) {
            Duration round = left.compareTo(WARM_ROUND) < 0 ? left : WARM_ROUND;
            measure(asked, () -> load.closedLoop(connections, round));
        }
    }

    /** Redis pays for being watched, so this is done apart from what is timed. */
    void countRoundTrips(Scenario scenario, Target target) {
        Load load = load(scenario, target);
        try (Monitor monitor = new Monitor(installation.redis().port())) {
            Load.Seen seen = load.closedLoop(1, WATCHED);
            roundTrips.put(scenario.name() + target, (double) monitor.count() / (seen.answers() + seen.faults()));
        }
    }

    Measured measure(Scenario scenario, Target target, Function<Load, Load.Seen> loop) {
        Load load = load(scenario, target);
        Child asked = installation.of(target, scenario.semantic());
        Supplier<Measured> measured = () -> measure(List.of(asked), () -> loop.apply(load),
                roundTrips.getOrDefault(scenario.name() + target, Double.NaN));
        if (target == Target.PROXY) {
            return measured.get();
        }
        OwnTime before = OwnTime.of(asked.port());
        Measured seen = measured.get();
        return seen.withOwnMillis(OwnTime.of(asked.port()).millisSince(before, PERCENTILE));
    }

    /** @param processes whose cost is added up */
    Measured measure(List<Child> processes, Supplier<Load.Seen> loop) {
        return measure(processes, loop, Double.NaN);
    }

    private Measured measure(List<Child> processes, Supplier<Load.Seen> loop, double trips) {
        double allocated = processes.stream().mapToDouble(Child::allocated).sum();
        Duration redis = installation.redisCpu();
        Duration before = cpu(processes);
        Load.Seen seen = loop.get();
        return new Measured(seen, cpu(processes).minus(before), installation.redisCpu().minus(redis),
                processes.stream().mapToDouble(Child::allocated).sum() - allocated, trips, Double.NaN);
    }

    private static Duration cpu(List<Child> processes) {
        return processes.stream().map(Child::cpu).reduce(Duration.ZERO, Duration::plus);
    }
}
