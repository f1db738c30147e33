package dev.sluice.redis;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.impl.ContextInternal;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.PooledRedisConnection;

/**
 * A connection that is held open, with a client of its own: closing that client is the only way to give up a connection
 * whose handshake hangs. Confined to the event loop that opened it.
 */
final class Link {
    /** A cluster may lose one of so many groups in a row by chance, not all of them. */
    private static final int ALL_SILENT = 6;

    private final Redis client;
    private final RedisConnection connection;
    private final SilentSlots silentSlots;
    private final long openedAt = System.nanoTime();
    private long heard;
    private long heardBeforeSilence;
    private int silences;

    private Link(Redis client, RedisConnection connection, boolean cluster) {
        this.client = client;
        this.connection = connection instanceof PooledRedisConnection pooled
                // The pooled face describes every command for traces, at several times the price of sending it.
                ? pooled.actual()
                : connection;
        this.silentSlots = cluster ? new SilentSlots() : null;
    }

    /**
     * Connects and asks the probe; fails when both took longer than the patience.
     *
     * @param patience ms
     */
    static void open(ContextInternal context, Redis client, boolean cluster, Request probe, long patience,
            Handler<AsyncResult<Link>> opened) {
        Attempt attempt = new Attempt(client, opened);
        long timer = context.setTimer(patience, id -> attempt
                .fail(new StoreUnavailable("Redis did not answer within " + patience + " ms.")));
        client.connect().onComplete(connected -> {
            if (connected.failed()) {
                context.owner().cancelTimer(timer);
                attempt.fail(connected.cause());
                return;
            }
            Link link = new Link(client, connected.result(), cluster);
            link.connection.send(probe).onComplete(answer -> {
                context.owner().cancelTimer(timer);
                if (answer.failed() && Faults.connectionLost(answer.cause())) {
                    attempt.fail(answer.cause());
                } else {
                    attempt.succeed(link);
                }
            });
        });
    }

    /** Sends, unless the part of the cluster that it concerns does not answer. */
    void send(Call call, long now) {
        int group = silentSlots == null ? SilentSlots.NO_GROUP : SilentSlots.group(call.request());
        if (group != SilentSlots.NO_GROUP && silentSlots.refuses(group, now)) {
            call.fail(new StoreUnavailable("The Redis node that holds this key does not answer."));
            return;
        }
        call.sentOver(this, group);
        connection.send(call.request()).onComplete(call);
    }

    /** Whether other calls may succeed where one failed: this is a cluster. */
    boolean partial() {
        return silentSlots != null;
    }

    /** How many answers have come. */
    long heard() {
        return heard;
    }

    void hear(int group) {
        heard++;
        if (silentSlots != null) {
            silentSlots.answered(group);
        }
    }

    /** Takes note of a call that ran out of time; whether the connection has to be given up. */
    boolean timedOut(int group, long heardBefore, long now) {
        if (silentSlots == null) {
            return heard == heardBefore;
        }
        silentSlots.timedOut(group, now);
        if (heard != heardBeforeSilence) {
            heardBeforeSilence = heard;
            silences = 0;
        }
        return ++silences >= ALL_SILENT;
    }

    /** ns */
    long age() {
        return System.nanoTime() - openedAt;
    }

    /** Calls back when a connection has ended, not when it hangs. */
    void onEnd(Runnable ended) {
        connection.exceptionHandler(error -> ended.run());
        connection.endHandler(end -> ended.run());
    }

    void close() {
        client.close();
    }

    /** Ends once: the patience may be over before, or after, the handshake fails. */
    private static final class Attempt {
        private final Redis client;
        private final Handler<AsyncResult<Link>> opened;
        private boolean ended;

        Attempt(Redis client, Handler<AsyncResult<Link>> opened) {
            this.client = client;
            this.opened = opened;
        }

        void succeed(Link link) {
            if (!ended) {
                ended = true;
                opened.handle(Future.succeededFuture(link));
            }
        }

        void fail(Throwable error) {
            if (!ended) {
                ended = true;
                client.close();
                opened.handle(Future.failedFuture(error));
            }
        }
    }
}
