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
import java.util.function.Supplier;

/**
 * A connection that is held open, with a client of its own: closing that client is the only way to give up a connection
 * whose handshake hangs.
 */
final class Link {
    private final Redis client;
    private final RedisConnection connection;
    private long heard;

    private Link(Redis client, RedisConnection connection) {
        this.client = client;
        this.connection = connection instanceof PooledRedisConnection pooled
                // The pooled face describes every command for traces, at several times the price of sending it.
                ? pooled.actual()
                : connection;
    }

    /**
     * Connects and asks the probe; fails when both took longer than the patience.
     *
     * @param patience ms
     */
    static void open(ContextInternal context, Supplier<Redis> clients, Request probe, long patience,
            Handler<AsyncResult<Link>> opened) {
        Redis client = clients.get();
        Attempt attempt = new Attempt(client, opened);
        long timer = context.setTimer(patience, id -> attempt
                .fail(new StoreUnavailable("Redis did not answer within " + patience + " ms.")));
        client.connect().onComplete(connected -> {
            if (connected.failed()) {
                context.owner().cancelTimer(timer);
                attempt.fail(connected.cause());
                return;
            }
            Link link = new Link(client, connected.result());
            link.send(probe).onComplete(answer -> {
                context.owner().cancelTimer(timer);
                if (answer.failed() && Faults.connectionLost(answer.cause())) {
                    attempt.fail(answer.cause());
                } else {
                    attempt.succeed(link);
                }
            });
        });
    }

    Future<Response> send(Request request) {
        return connection.send(request);
    }

    /** Calls back when the connection has ended, not when it hangs. */
    void onEnd(Runnable ended) {
        connection.exceptionHandler(error -> ended.run());
        connection.endHandler(end -> ended.run());
    }

    /** How many answers have come. */
    long heard() {
        return heard;
    }

    void hear() {
        heard++;
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
