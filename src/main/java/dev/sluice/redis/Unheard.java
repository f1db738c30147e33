package dev.sluice.redis;

import io.smallrye.mutiny.subscription.UniSubscriber;
import io.smallrye.mutiny.subscription.UniSubscription;
import io.vertx.redis.client.Response;

/** Nobody waits for this answer. */
final class Unheard implements UniSubscriber<Response> {
    static final Unheard INSTANCE = new Unheard();

    private Unheard() {
    }

    @Override
    public void onSubscribe(UniSubscription subscription) {
    }

    @Override
    public void onItem(Response answer) {
    }

    @Override
    public void onFailure(Throwable error) {
    }
}
