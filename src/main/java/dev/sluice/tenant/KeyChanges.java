package dev.sluice.tenant;

import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;

/**
 * Hears of changes of keys that any replica makes: Redis tells them on a connection of our own, within milliseconds. What
 * was not told, because that connection was away, is found when it is back, and at the latest when versions are next
 * compared. What was told, but could not be read because another connection was away, is asked for until it can.
 */
@Singleton
final class KeyChanges {
    private static final Logger LOG = Logger.getLogger(KeyChanges.class);
    private static final Duration INTERVAL = Duration.ofSeconds(10);
    /** First answers need the processor more than this needs to hear a change a little sooner. */
    private static final long AFTER_THE_START = 100;
    private static final long PATIENCE = 1000;
    private static final long SHORTEST_PAUSE = 100;
    private static final long LONGEST_PAUSE = 1000;
    /** Until keys are compared again that could not be. */
    private static final long AGAIN = 250;
    private static final int FIELDS = 3;

    private final Vertx vertx;
    private final RedisOptions options;
    private final KeyRefresh refresh;
    private final long interval;
    private final Request subscription;
    private final Context context;
    private List<String> endpoints;
    private Redis client;
    private volatile RedisConnection connection;
    private boolean heard;
    private long pause = SHORTEST_PAUSE;
    private boolean refused;
    private boolean comparingAgain;
    private boolean closed;

    @Inject
    KeyChanges(Vertx vertx, RedisOptions options, KeyStore store, KeyRefresh refresh) {
        this(vertx, options, store, refresh, INTERVAL);
    }

    /** @param interval between two comparisons of versions */
    KeyChanges(Vertx vertx, RedisOptions options, KeyStore store, KeyRefresh refresh, Duration interval) {
        this.vertx = vertx;
        this.options = options;
        this.refresh = refresh;
        this.interval = interval.toMillis();
        this.subscription = Request.cmd(Command.SUBSCRIBE).arg(store.channel());
        this.context = ((VertxInternal) vertx).createEventLoopContext();
        this.endpoints = new ArrayList<>(options.getEndpoints());
    }

    void start(@Observes StartupEvent started) {
        vertx.setTimer(AFTER_THE_START, timer -> start());
    }

    /** Listens and compares from now on until closed. */
    void start() {
        context.runOnContext(ignored -> {
            connect();
            check();
            tick();
        });
    }

    /** Whether there is a connection on which changes are told, as far as we know. */
    boolean listening() {
        return connection != null;
    }

    private void tick() {
        vertx.setTimer(interval, timer -> context.runOnContext(ignored -> {
            if (!closed) {
                keepAlive();
                check();
                tick();
            }
        }));
    }

    /**
     * Subscribing again is answered like the first time: a connection without an answer since the last time is dead. A
     * PING would not do, because by RESP2 its answer cannot be told from a message.
     */
    private void keepAlive() {
        if (connection != null) {
            if (heard) {
                heard = false;
                connection.send(subscription);
            } else {
                lost(client);
            }
        }
    }

    private void check() {
        compare(refresh.check());
    }

    /** Redis being away is nothing new here: a later comparison makes up for it. */
    private void compare(Uni<Void> work) {
        work.subscribe().with(done -> {}, failure -> {
            LOG.debug("Keys could not be compared with Redis.", failure);
            context.runOnContext(ignored -> compareAgain());
        });
    }

    private void compareAgain() {
        if (!comparingAgain) {
            comparingAgain = true;
            vertx.setTimer(AGAIN, timer -> context.runOnContext(ignored -> {
                comparingAgain = false;
                if (!closed) {
                    check();
                }
            }));
        }
    }

    private void connect() {
        if (closed) {
            return;
        }
        Redis attempt = Redis.createClient(vertx, next());
        client = attempt;
        long patience = vertx.setTimer(PATIENCE, timer -> context.runOnContext(ignored -> lost(attempt)));
        attempt.connect().onComplete(done -> context.runOnContext(ignored -> {
            vertx.cancelTimer(patience);
            connected(attempt, done);
        }));
    }

    /** Messages reach every node of a cluster and every replica, so one plain connection to any of them will do. */
    private RedisOptions next() {
        RedisOptions one = new RedisOptions(options);
        one.getNetClientOptions().setReconnectAttempts(0).setConnectTimeout((int) PATIENCE);
        if (options.getType() != RedisClientType.SENTINEL) {
            one.setType(RedisClientType.STANDALONE).setEndpoints(new ArrayList<>(endpoints));
            Collections.rotate(endpoints, -1);
        }
        return one;
    }

    private void connected(Redis attempt, AsyncResult<RedisConnection> done) {
        if (client != attempt) {
            return;
        }
        if (done.failed()) {
            lost(attempt);
            return;
        }
        connection = done.result();
        heard = true;
        connection.handler(message -> context.runOnContext(ignored -> hear(message)));
        connection.exceptionHandler(error -> context.runOnContext(ignored -> lost(attempt)));
        connection.endHandler(end -> context.runOnContext(ignored -> lost(attempt)));
        connection.send(subscription);
    }

    private void lost(Redis attempt) {
        if (client != attempt) {
            return;
        }
        client = null;
        connection = null;
        attempt.close();
        if (!closed) {
            // Not all replicas at the same moment.
            long wait = pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2);
            pause = Math.min(2 * pause, LONGEST_PAUSE);
            vertx.setTimer(wait, timer -> context.runOnContext(ignored -> connect()));
        }
    }

    private void hear(Response message) {
        heard = true;
        if (message == null || message.type() == ResponseType.ERROR) {
            if (!refused) {
                refused = true;
                LOG.warnf("Redis does not let us listen for changes of keys (%s): they take effect within %d s.",
                        message, INTERVAL.toSeconds());
            }
            return;
        }
        if (message.size() < FIELDS) {
            return;
        }
        String kind = message.get(0).toString();
        if ("message".equals(kind)) {
            told(message.get(2).toString());
        } else if ("subscribe".equals(kind)) {
            pause = SHORTEST_PAUSE;
            check();
        }
    }

    private void told(String text) {
        String[] fields = text.split(" ", FIELDS);
        if (fields.length == FIELDS) {
            try {
                compare(refresh.told(Long.parseLong(fields[0]), Long.parseLong(fields[1]), fields[2]));
            } catch (NumberFormatException e) {
                check();
            }
        }
    }

    @PreDestroy
    void close() {
        context.runOnContext(ignored -> {
            closed = true;
            if (client != null) {
                Redis last = client;
                client = null;
                connection = null;
                last.close();
            }
        });
    }
}
