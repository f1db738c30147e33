package dev.sluice.redis;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.operators.AbstractUni;
import io.smallrye.mutiny.subscription.UniSubscriber;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.RequestImpl;
import java.time.Duration;
import java.util.List;

/**
 * What all replicas share, and the one way to it. Every call answers within the configured time-out or fails with
 * {@link StoreUnavailable}; it may have happened nevertheless. An error that Redis itself reports fails with Vert.x's
 * {@code ErrorType}.
 * <p>
 * Each event loop holds a connection of its own and sends without waiting for earlier answers; the answer arrives on the
 * event loop that called. When a connection is silent for a whole time-out it is given up: from then on calls fail at
 * once, while one attempt at a time is made to connect anew. Redis' return is noticed within 2 s.
 */
public final class SharedStore {
    private final VertxInternal vertx;
    private final KeyNames keys;
    private final Status status;
    private final Lanes lanes;
    private final Lanes slowLanes;

    /**
     * @param options where Redis is, and how to get in
     * @param timeout of a call, from the subscription to the answer
     */
    public SharedStore(Vertx vertx, RedisOptions options, Duration timeout, KeyNames keys) {
        this.vertx = (VertxInternal) vertx;
        this.keys = keys;
        // A write that changes nothing: an answer means that this Redis is ready, and is the one to write to.
        Request probe = Request.cmd(Command.DEL).arg(keys.global("probe"));
        this.status = new Status();
        this.lanes = new Lanes(vertx, options, probe, timeout.toNanos(), status);
        this.slowLanes = new Lanes(vertx, options, probe, timeout.toNanos(), status);
    }

    private SharedStore(VertxInternal vertx, KeyNames keys, Status status, Lanes lanes) {
        this.vertx = vertx;
        this.keys = keys;
        this.status = status;
        this.lanes = lanes;
        this.slowLanes = lanes;
    }

    public KeyNames keys() {
        return keys;
    }

    /** The same Redis over connections of its own, so that what takes it long delays no other answer. */
    public SharedStore slow() {
        return new SharedStore(vertx, keys, status, slowLanes);
    }

    /** Whether Redis was there when last heard of. A call may still fail. */
    public boolean available() {
        return status.available();
    }

    /** One command. Arguments are Strings, byte arrays or whole numbers. The response is null where Redis says nil. */
    public Uni<Response> call(Command command, Object... arguments) {
        Request request = Request.cmd(command, arguments);
        if (!((RequestImpl) request).valid()) {
            throw new IllegalArgumentException("Redis' command " + command + " has other arguments.");
        }
        return new Question(request, null);
    }

    /**
     * One script, by its hash, and by its source where Redis does not know it yet. Keys and arguments are what those of a
     * command are: bytes where the same is sent again and again.
     */
    public Uni<Response> run(Script script, List<?> keys, List<?> arguments) {
        return new Question(evaluation(Command.EVALSHA, script.sha1(), keys, arguments),
                () -> evaluation(Command.EVAL, script.source(), keys, arguments));
    }

    private static Request evaluation(Command command, Object script, List<?> keys, List<?> arguments) {
        Object[] all = new Object[2 + keys.size() + arguments.size()];
        all[0] = script;
        all[1] = keys.size();
        for (int i = 0; i < keys.size(); i++) {
            all[2 + i] = keys.get(i);
        }
        for (int i = 0; i < arguments.size(); i++) {
            all[2 + keys.size() + i] = arguments.get(i);
        }
        return Request.cmd(command, all);
    }

    VertxInternal vertx() {
        return vertx;
    }

    /** Connects on every event loop now, instead of with the first call on each. */
    void open() {
        lanes.openAll();
    }

    void close() {
        lanes.close();
        slowLanes.close();
    }

    /** Sends when subscribed to, and again for each further subscriber. */
    private final class Question extends AbstractUni<Response> {
        private final Request request;
        private final Call.Fallback fallback;

        Question(Request request, Call.Fallback fallback) {
            this.request = request;
            this.fallback = fallback;
        }

        @Override
        public void subscribe(UniSubscriber<? super Response> subscriber) {
            ContextInternal caller = ContextInternal.current();
            Call call = new Call(subscriber, request, fallback, caller);
            subscriber.onSubscribe(call);
            if (!call.ended()) {
                lanes.send(call, caller);
            }
        }
    }
}
