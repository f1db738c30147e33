package dev.sluice.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How cost grows with the size of bodies, of the cache, with partitions of the semantic cache, keys and replicas. Each is
 * filled through the gateway's own front door, step by step, and measured after each step.
 */
final class Growth {
    private static final int[] BODIES = { 1_000, 10_000, 100_000, 1_000_000, 9_900_000};
    private static final int FEW = 8;
    private static final int CONNECTIONS = 64;
    private static final int REPLICAS = 4;
    private static final int ADMIN_CALLS = 32;
    private static final Pattern SECRET = Pattern.compile("\"secret\":\"([^\"]+)\"");

    private final Installation installation;
    private final Options options;
    private final Meter meter;
    private final Report report = new Report();

    Growth(Installation installation, Options options) {
        this.installation = installation;
        this.options = options;
        this.meter = new Meter(installation);
    }

    Report run() throws IOException {
        for (String dimension : options.growth()) {
            switch (dimension) {
                case "bodies" -> bodies();
                case "entries" -> entries();
                case "partitions" -> partitions();
                case "keys" -> keys();
                case "replicas" -> replicas();
                default -> throw new IllegalArgumentException(
                        "bench.growth: some of bodies, entries, partitions, keys, replicas; not " + dimension);
            }
            report.write(options.out());
        }
        return report;
    }

    /** Misses; linear means that CPU and allocation per request grow as the body does. */
    private void bodies() {
        for (int bytes : BODIES) {
            Scenario scenario = Scenario.miss("body " + bytes, Questions.different(bytes));
            meter.warmUp(scenario, Target.PROXY, FEW, options.warmUp());
            meter.warmUp(scenario, Target.GATEWAY, FEW, options.warmUp());
            measure(scenario, FEW);
        }
    }

    /** Misses and hits, with so many entries in the cache, all of one scope. */
    private void entries() {
        Scenario hit = Scenario.of("hit", options.data());
        meter.warmUp(hit, Target.GATEWAY, CONNECTIONS, options.warmUp());
        long stored = 0;
        for (long size = 1000; size <= options.largest(); size *= 10) {
            stored += fill(Scenario.miss("fill", Questions.different(false)), size - stored);
            measure(Scenario.miss("miss, entries " + stored, Questions.different(false)), CONNECTIONS);
            measure(hit.named("hit, entries " + stored), CONNECTIONS);
        }
    }

    /** Semantic hits in one partition, beside so many others. */
    private void partitions() {
        Scenario semantic = Scenario.of("semantic", options.data());
        meter.warmUp(semantic, Target.GATEWAY, FEW, options.warmUp());
        Scenario fill = new Scenario("fill", true, null, Questions.contexts(), semantic.secrets(), semantic.status(),
                "");
        long filled = 1; // the one that is measured
        for (long size = 1; size <= Math.min(options.largest(), 100_000); size *= 10) {
            filled += fill(fill, size - filled);
            measure(semantic.named("semantic, partitions " + filled), FEW);
        }
    }

    /** Misses of so many keys in turn. */
    private void keys() {
        List<String> secrets = new ArrayList<>();
        for (int size = 10; size <= Math.min(options.largest(), 100_000); size *= 10) {
            createKeys(secrets, size);
            AtomicLong asked = new AtomicLong();
            Scenario scenario = Scenario.miss("miss, keys " + size, Questions.different(false))
                    .askedBy(() -> secrets.get((int) (asked.getAndIncrement() % secrets.size())));
            meter.warmUp(scenario, Target.GATEWAY, CONNECTIONS, options.warmUp());
            measure(scenario, CONNECTIONS);
        }
    }

    /**
     * Misses of one to four replicas on one Redis, each with a load of its own. What one Redis carries is a million divided
     * by its CPU µs per request; on a machine of few cores the replicas need them all long before.
     */
    private void replicas() {
        for (int count = 1; count <= REPLICAS; count++) {
            List<Child> replicas = installation.replicas(count);
            List<Load> loads = replicas.stream().map(replica -> Scenario.miss("miss", Questions.different(false))
                    .load(Target.GATEWAY, replica.port())).toList();
            Function<Duration, Load.Seen> loop = duration -> together(loads, load -> load
                    .closedLoop(CONNECTIONS / loads.size(), duration));
            loop.apply(options.warmUp());
            for (int round = 0; round < options.rounds(); round++) {
                report.add("miss, replicas " + count, Target.GATEWAY, CONNECTIONS,
                        meter.measure(replicas, () -> loop.apply(options.measurement())), Double.NaN);
            }
        }
    }

    private static Load.Seen together(List<Load> loads, Function<Load, Load.Seen> loop) {
        List<CompletableFuture<Load.Seen>> running = loads.stream().map(load -> CompletableFuture
                .supplyAsync(() -> loop.apply(load), command -> new Thread(command).start())).toList();
        return running.stream().map(CompletableFuture::join).reduce(Load.Seen::and).orElseThrow();
    }

    private void measure(Scenario scenario, int connections) {
        Function<Load, Load.Seen> loop = load -> load.closedLoop(connections, options.measurement());
        for (int round = 0; round < options.rounds(); round++) {
            Meter.Measured proxy = meter.measure(scenario, Target.PROXY, loop);
            report.add(scenario.name(), Target.GATEWAY, connections, meter.measure(scenario, Target.GATEWAY, loop),
                    proxy.seen().perSecond());
        }
    }

    /** @return how many were asked, at least as many as were wanted */
    private long fill(Scenario scenario, long requests) {
        long asked = 0;
        while (asked < requests) {
            asked += meter.load(scenario, Target.GATEWAY).closedLoop(CONNECTIONS, Duration.ofSeconds(1)).answers();
        }
        return asked;
    }

    private void createKeys(List<String> secrets, int size) {
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        URI keys = URI.create("http://127.0.0.1:" + installation.of(Target.GATEWAY, false).port() + "/admin/keys");
        while (secrets.size() < size) {
            List<CompletableFuture<String>> created = new ArrayList<>();
            for (int i = 0; i < ADMIN_CALLS && secrets.size() + created.size() < size; i++) {
                HttpRequest request = HttpRequest.newBuilder(keys).header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + Installation.ADMIN)
                        .POST(BodyPublishers.ofString("{\"name\":\"grown-" + (secrets.size() + i)
                                + "\",\"requests_per_minute\":0,\"tokens_per_minute\":0}"))
                        .build();
                created.add(http.sendAsync(request, BodyHandlers.ofString()).thenApply(answer -> {
                    Matcher secret = SECRET.matcher(answer.body());
                    if (!secret.find()) {
                        throw new IllegalStateException("No key: " + answer.statusCode() + " " + answer.body());
                    }
                    return secret.group(1);
                }));
            }
            created.forEach(secret -> secrets.add(secret.join()));
        }
    }
}
