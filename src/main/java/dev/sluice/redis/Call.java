package dev.sluice.redis;

import io.smallrye.mutiny.subscription.UniSubscriber;
import io.smallrye.mutiny.subscription.UniSubscription;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.impl.ContextInternal;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One request on its way, which ends once: answered, refused, out of time or cancelled. It is its own subscription, its
 * own flag and its own entry in the queue of deadlines, because there is one for every trip to Redis.
 */
final class Call extends AtomicBoolean implements UniSubscription, Handler<AsyncResult<Response>> {
    private static final long serialVersionUID = 1;

    /** What Redis does not know a script by is answered with its source. */
    interface Fallback {
        Request source();
    }

    private final transient UniSubscriber<? super Response> subscriber;
    private final transient Fallback fallback;
    private final transient ContextInternal caller;
    private transient Request request;
    private transient Lane lane;
    private transient Link link;
    private long deadline;
    private long heardBefore;
    private int group;

    /**
     * @param fallback null where the request is not a script
     * @param caller whose event loop gets the answer; null: whoever has it
     */
    Call(UniSubscriber<? super Response> subscriber, Request request, Fallback fallback, ContextInternal caller) {
        this.subscriber = subscriber;
        this.request = request;
        this.fallback = fallback;
        this.caller = caller;
    }

    Request request() {
        return request;
    }

    void enter(Lane lane, long deadline) {
        this.lane = lane;
        this.deadline = deadline;
    }

    void sentOver(Link link, int group) {
        this.link = link;
        this.group = group;
        heardBefore = link.heard();
    }

    long deadline() {
        return deadline;
    }

    boolean ended() {
        return get();
    }

    /** Whether the connection that it was sent over has to be given up. */
    boolean timedOut(long now) {
        return link.timedOut(group, heardBefore, now);
    }

    Link link() {
        return link;
    }

    @Override
    public void handle(AsyncResult<Response> answer) {
        if (answer.succeeded()) {
            link.hear(group);
            complete(answer.result());
            return;
        }
        Throwable error = answer.cause();
        if (Faults.answered(error)) {
            link.hear(group);
            if (fallback != null && ((ErrorType) error).is("NOSCRIPT") && !ended()) {
                request = fallback.source();
                lane.sendAgain(this);
                return;
            }
        }
        lane.failed(this, error);
    }

    void complete(Response response) {
        if (!compareAndSet(false, true)) {
            return;
        }
        if (onCaller()) {
            subscriber.onItem(response);
        } else if (caller.isEventLoopContext() && caller.nettyEventLoop().inEventLoop()) {
            caller.dispatch(response, subscriber::onItem);
        } else {
            caller.runOnContext(ignored -> subscriber.onItem(response));
        }
    }

    void fail(Throwable error) {
        if (!compareAndSet(false, true)) {
            return;
        }
        if (onCaller()) {
            subscriber.onFailure(error);
        } else if (caller.isEventLoopContext() && caller.nettyEventLoop().inEventLoop()) {
            caller.dispatch(error, subscriber::onFailure);
        } else {
            caller.runOnContext(ignored -> subscriber.onFailure(error));
        }
    }

    private boolean onCaller() {
        return caller == null || ContextInternal.current() == caller;
    }

    @Override
    public void cancel() {
        set(true);
    }
}
