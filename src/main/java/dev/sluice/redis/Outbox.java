package dev.sluice.redis;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoop;
import io.smallrye.mutiny.Uni;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes that nobody waits for: bounded, kept while Redis is away and repeated when it returns. Each must be a script
 * that is safe to repeat. What one event loop posts arrives in that order; where Redis refuses a write for a while and
 * takes later ones (out of memory), those are repeated after it. What is worth little later, such as an entry of the
 * cache, is better run than posted: here it would take the room of what must not be lost.
 * <p>
 * Meters: {@code sluice.outbox.dropped} {reason: full, refused (an error of Redis that repeating does not cure),
 * shutdown}, {@code sluice.outbox.pending}.
 */
public final class Outbox {
    /** Of all writes that wait or are under way, bytes. */
    static final long CAPACITY = 64L << 20;
    private static final Duration DRAIN = Duration.ofSeconds(3);

    private final SharedStore store;
    private final VertxInternal vertx;
    private final long capacity;
    private final Duration drain;
    private final ConcurrentMap<EventLoop, Box> boxes = new ConcurrentHashMap<>();
    private final EventLoop home;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong pending = new AtomicLong();
    private final Counter full;
    private final Counter refused;
    private final Counter shutdown;

    /** Without meters that anybody sees. */
    public Outbox(SharedStore store) {
        this(store, new SimpleMeterRegistry());
    }

    Outbox(SharedStore store, MeterRegistry meters) {
        this(store, meters, CAPACITY, DRAIN);
    }

    Outbox(SharedStore store, MeterRegistry meters, long capacity, Duration drain) {
        this.store = store;
        this.vertx = store.vertx();
        this.capacity = capacity;
        this.drain = drain;
        this.home = vertx.createEventLoopContext().nettyEventLoop();
        this.full = dropped(meters, "full");
        this.refused = dropped(meters, "refused");
        this.shutdown = dropped(meters, "shutdown");
        meters.gauge("sluice.outbox.pending", pending);
    }

    private static Counter dropped(MeterRegistry meters, String reason) {
        return Counter.builder("sluice.outbox.dropped").description("Writes to Redis that were given up")
                .tag("reason", reason).register(meters);
    }

    /** Takes the write and returns at once; when the box is full the write is dropped and counted. */
    public void post(Script script, List<?> keys, List<?> arguments) {
        post(script, keys, arguments, () -> {});
    }

    /** @param ended is told once it has happened or has been given up; what it posts in turn is drained too */
    public void post(Script script, List<?> keys, List<?> arguments, Runnable ended) {
        long size = size(keys, arguments);
        if (bytes.addAndGet(size) > capacity) {
            bytes.addAndGet(-size);
            full.increment();
            ended.run();
            return;
        }
        pending.incrementAndGet();
        Write write = new Write(store.run(script, keys, arguments), size, ended);
        ContextInternal caller = ContextInternal.current();
        if (caller != null && caller.owner() == vertx && caller.nettyEventLoop().inEventLoop()) {
            box(caller.nettyEventLoop()).add(write);
        } else {
            Box box = box(home);
            box.context().runOnContext(ignored -> box.add(write));
        }
    }

    /** Completes when nothing is left to write, or when that takes too long; then the rest is counted as dropped. */
    public Uni<Void> drain() {
        return Uni.createFrom().emitter(emitter -> {
            ContextInternal context = box(home).context();
            long deadline = System.nanoTime() + drain.toNanos();
            // Vert.x cannot cancel a timer that fires before the thread that set it has got hold of it.
            context.runOnContext(ignored -> context.setPeriodic(5, id -> {
                long left = pending.get();
                if (left == 0 || System.nanoTime() - deadline > 0) {
                    vertx.cancelTimer(id);
                    shutdown.increment(left);
                    emitter.complete(null);
                }
            }));
        });
    }

    /** Writes that wait or are under way. */
    long pending() {
        return pending.get();
    }

    private Box box(EventLoop loop) {
        Box box = boxes.get(loop);
        return box != null ? box : boxes.computeIfAbsent(loop, this::open);
    }

    private Box open(EventLoop loop) {
        return new Box(vertx.createEventLoopContext(loop, null, getClass().getClassLoader()), this);
    }

    /** Makes room. */
    void written(Write write) {
        write.ended().run();
        bytes.addAndGet(-write.size());
        pending.decrementAndGet();
    }

    void refused() {
        refused.increment();
    }

    /** About what a write takes in memory; the objects around the text count too. */
    private static long size(List<?> keys, List<?> arguments) {
        long size = 256;
        for (int i = 0; i < keys.size(); i++) {
            size += 48 + length(keys.get(i));
        }
        for (int i = 0; i < arguments.size(); i++) {
            size += 48 + length(arguments.get(i));
        }
        return size;
    }

    private static int length(Object argument) {
        return argument instanceof byte[] some
                ? some.length
                : argument instanceof String text ? text.length() : Long.BYTES;
    }
}
