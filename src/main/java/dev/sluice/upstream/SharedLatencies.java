package dev.sluice.upstream;

import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import dev.sluice.upstream.ObservedLatencies.Calls;
import dev.sluice.upstream.ObservedLatencies.Seen;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Response;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Lets replicas know of each other how long models take, so that one that has just started need not find out by itself:
 * every ten seconds each writes its medians to Redis and reads the others'. What is older than a minute is forgotten.
 */
@Singleton
final class SharedLatencies {
    private static final Logger LOG = Logger.getLogger(SharedLatencies.class);
    static final long INTERVAL_MILLIS = 10_000;
    static final long FORGOTTEN_MILLIS = 60_000;
    /** How a report's line ends that tells of streams. */
    private static final String STREAMED = " streamed";
    private static final Script LATENCIES = Script.named("latencies");

    private final ObservedLatencies observed;
    private final SharedStore store;
    private final Vertx vertx;
    private final String self = UUID.randomUUID().toString();
    private long timer;

    SharedLatencies(ObservedLatencies observed, SharedStore store, Vertx vertx) {
        this.observed = observed;
        this.store = store;
        this.vertx = vertx;
    }

    void start(@Observes StartupEvent start) {
        timer = vertx.setPeriodic(1, INTERVAL_MILLIS, tick -> exchange().subscribe().with(done -> {}, away -> LOG
                .debugf("latencies were not exchanged: %s", away.getMessage())));
    }

    void stop(@Observes ShutdownEvent stop) {
        vertx.cancelTimer(timer);
    }

    /** Fails when Redis is away: what was heard last goes on to hold. */
    Uni<Void> exchange() {
        String report = observed.seen().entrySet().stream()
                .map(e -> e.getKey().model() + " " + e.getValue().millis() + " " + e.getValue().calls()
                        + (e.getKey().streamed() ? STREAMED : ""))
                .collect(Collectors.joining("\n"));
        return store.run(LATENCIES, List.of(store.keys().latencies()), List.of(self, report, FORGOTTEN_MILLIS))
                .invoke(reports -> observed.heard(medians(reports))).replaceWithVoid();
    }

    private static Map<Calls, Long> medians(Response reports) {
        Map<Calls, List<Seen>> byCalls = new HashMap<>();
        for (Response report : reports) {
            for (String line : report.toString().split("\n")) {
                String[] words = line.split(" ");
                byCalls.computeIfAbsent(new Calls(words[0], line.endsWith(STREAMED)), calls -> new ArrayList<>())
                        .add(new Seen(Long.parseLong(words[1]), Integer.parseInt(words[2])));
            }
        }
        Map<Calls, Long> medians = new HashMap<>();
        byCalls.forEach((calls, seen) -> medians.put(calls, median(seen)));
        return medians;
    }

    /** The median of medians, each counting by its calls. */
    private static long median(List<Seen> seen) {
        seen.sort(Comparator.comparingLong(Seen::millis));
        int half = (seen.stream().mapToInt(Seen::calls).sum() + 1) / 2;
        int calls = 0;
        for (Seen one : seen) {
            calls += one.calls();
            if (calls >= half) {
                return one.millis();
            }
        }
        throw new IllegalArgumentException("nothing was seen");
    }
}
