package dev.sluice.redis;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Calls from one event loop, as a request makes them, and how long each took. */
final class Traffic {
    /** What came of a call, and after how many µs. */
    record Outcome(Response answer, Throwable error, long micros, boolean onCallersLoop) {
        boolean answered() {
            return error == null;
        }

        boolean unavailable() {
            return error instanceof StoreUnavailable;
        }
    }

    private final Vertx vertx;
    private final Context context;

    Traffic(Vertx vertx) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
    }

    Outcome ask(Supplier<Uni<Response>> call) {
        return start(call).join();
    }

    CompletableFuture<Outcome> start(Supplier<Uni<Response>> call) {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        context.runOnContext(ignored -> {
            long begun = System.nanoTime();
            call.get().subscribe().with(
                    answer -> outcome.complete(new Outcome(answer, null, since(begun), isCaller())),
                    error -> outcome.complete(new Outcome(null, error, since(begun), isCaller())));
        });
        return outcome;
    }

    /** One after the other. */
    List<Outcome> ask(int times, Supplier<Uni<Response>> call) {
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            outcomes.add(ask(call));
        }
        return outcomes;
    }

    /** All at once. */
    List<Outcome> burst(int times, Supplier<Uni<Response>> call) {
        List<CompletableFuture<Outcome>> started = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            started.add(start(call));
        }
        return started.stream().map(CompletableFuture::join).toList();
    }

    /** Asks until the call succeeds, and says how long that took. */
    Duration untilAnswered(Supplier<Uni<Response>> call, Duration limit) {
        long begun = System.nanoTime();
        untilAnswer(call, limit);
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    /** Asks until the call succeeds. */
    Response untilAnswer(Supplier<Uni<Response>> call, Duration limit) {
        long begun = System.nanoTime();
        Outcome last;
        do {
            last = ask(call);
            if (last.answered()) {
                return last.answer();
            }
        } while (System.nanoTime() - begun < limit.toNanos());
        throw new AssertionError("Still no answer after " + limit + ".", last.error());
    }

    /** Connected and warm, so that the figures are those of the fault. */
    SharedStore warm(SharedStore store) {
        untilAnswered(() -> store.call(Command.PING), Duration.ofSeconds(20));
        ask(100, () -> store.call(Command.PING));
        untilAnswered(() -> store.call(Command.PING), Duration.ofSeconds(20));
        return store;
    }

    static long median(List<Outcome> outcomes) {
        long[] micros = outcomes.stream().mapToLong(Outcome::micros).toArray();
        Arrays.sort(micros);
        return micros[micros.length / 2];
    }

    private boolean isCaller() {
        return Vertx.currentContext() == context;
    }

    private static long since(long begun) {
        return (System.nanoTime() - begun) / 1_000;
    }
}
