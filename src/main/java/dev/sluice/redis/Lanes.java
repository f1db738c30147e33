package dev.sluice.redis;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The lanes of one store: a lane per event loop that calls, opened with its first call at the latest. */
final class Lanes {
    private final VertxInternal vertx;
    private final Clients clients;
    private final Request probe;
    private final long timeout;
    private final Status status;
    private final ConcurrentMap<EventLoop, Lane> lanes = new ConcurrentHashMap<>();
    private final EventLoop home;
    private volatile boolean closed;

    /** @param timeout ns */
    Lanes(Vertx vertx, RedisOptions options, Request probe, long timeout, Status status) {
        this.vertx = (VertxInternal) vertx;
        this.clients = new Clients(vertx, options, Lane.PATIENCE, 2 * Lane.MAX_IN_FLIGHT);
        this.probe = probe;
        this.timeout = timeout;
        this.status = status;
        this.home = this.vertx.createEventLoopContext().nettyEventLoop();
    }

    /** Connects on every event loop, so that no request waits for it. */
    void openAll() {
        for (EventExecutor loop : vertx.nettyEventLoopGroup()) {
            lane((EventLoop) loop);
        }
    }

    /** Sends on the event loop of the caller, or on one of ours where the caller has none. */
    void send(Call call, ContextInternal caller) {
        if (caller != null && caller.owner() == vertx && caller.nettyEventLoop().inEventLoop()) {
            lane(caller.nettyEventLoop()).send(call);
        } else {
            Lane lane = lane(home);
            lane.context().runOnContext(ignored -> lane.send(call));
        }
    }

    private Lane lane(EventLoop loop) {
        Lane lane = lanes.get(loop);
        return lane != null ? lane : lanes.computeIfAbsent(loop, this::open);
    }

    private Lane open(EventLoop loop) {
        ContextInternal context = vertx.createEventLoopContext(loop, null, getClass().getClassLoader());
        Lane lane = new Lane(context, clients, probe, timeout, status);
        context.runOnContext(ignored -> {
            if (!closed) {
                lane.open();
            }
        });
        return lane;
    }

    void close() {
        closed = true;
        for (Lane lane : lanes.values()) {
            lane.context().runOnContext(ignored -> lane.close());
        }
    }
}
