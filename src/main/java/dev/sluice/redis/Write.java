package dev.sluice.redis;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.operators.AbstractUni;
import io.smallrye.mutiny.subscription.UniSubscriber;
import io.smallrye.mutiny.subscription.UniSubscription;
import io.vertx.redis.client.Response;

/** A write in an {@link Outbox}. */
final class Write implements UniSubscriber<Response> {
    private final Uni<Response> script;
    private final long size;
    private final Runnable ended;
    private Box box;
    private boolean taken;
    private boolean refused;

    /**
     * @param size bytes
     * @param ended once it is written or given up
     */
    Write(Uni<Response> script, long size, Runnable ended) {
        this.script = script;
        this.size = size;
        this.ended = ended;
    }

    Runnable ended() {
        return ended;
    }

    long size() {
        return size;
    }

    boolean settled() {
        return taken || refused;
    }

    /** Whether Redis refused it for a reason that repeating does not cure. */
    boolean refused() {
        return refused;
    }

    void sendFrom(Box box) {
        this.box = box;
        taken = false;
        AbstractUni.subscribe(script, this);
    }

    @Override
    public void onSubscribe(UniSubscription subscription) {
    }

    @Override
    public void onItem(Response answer) {
        taken = true;
        box.answered();
    }

    @Override
    public void onFailure(Throwable error) {
        if (error instanceof StoreUnavailable) {
            box.failed();
        } else {
            refused = true;
            box.refused(error);
        }
    }
}
