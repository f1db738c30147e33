package dev.sluice.upstream;

import io.netty.channel.EventLoop;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

    PerEventLoop(Vertx vertx, Supplier<T> maker) {
        this.vertx = vertx;
        this.maker = maker;
    }

    /** That of the caller's event loop; of one of ours where the caller has none. */
    T get() {
        EventLoop loop = ((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop();
        T known = made.get(loop);
        return known != null ? known : made.computeIfAbsent(loop, first -> maker.get());
    }

    void forEach(Consumer<T> action) {
        made.values().forEach(action);
    }
}
