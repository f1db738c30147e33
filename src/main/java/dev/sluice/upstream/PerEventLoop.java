package dev.sluice.upstream;

import io.netty.channel.EventLoop;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A client for each event loop, made when it is first wanted there. From a pool for all, most requests would get a
 * connection of another event loop, and then every step wakes another thread.
 */
final class PerEventLoop<T> {
    private final Vertx vertx;
    private final Supplier<T> maker;
    private final Map<EventLoop, T> made = new ConcurrentHashMap<>();
    private final AtomicReference<T> ahead = new AtomicReference<>();

    PerEventLoop(Vertx vertx, Supplier<T> maker) {
        this.vertx = vertx;
        this.maker = maker;
    }

    /** Makes one on the caller's thread, for the first event loop that asks. */
    void prepare() {
        ahead.set(maker.get());
    }

    /** That of the caller's event loop; of one of ours where the caller has none. */
    T get() {
        EventLoop loop = ((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop();
        T known = made.get(loop);
        return known != null ? known : made.computeIfAbsent(loop, first -> next());
    }

    private T next() {
        T waiting = ahead.getAndSet(null);
        return waiting != null ? waiting : maker.get();
    }

    void forEach(Consumer<T> action) {
        Optional.ofNullable(ahead.getAndSet(null)).ifPresent(action);
        made.values().forEach(action);
    }
}
