package dev.sluice.redis;

import io.vertx.core.AsyncResult;
import io.vertx.core.impl.ContextInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The connection of one event loop and all that is under way on it. Everything here happens on that loop, so that there
 * are no locks; requests are sent without waiting for earlier answers (pipelined), and Redis answers in order.
 * <p>
 * Without a trusted connection calls fail at once, while one attempt at a time is made to get a new one. The very first
 * calls wait for the first attempt instead.
 */
final class Lane {
    /** An attempt to connect may take this long: with the longest pause, Redis' return is noticed within 2 s. */
    static final int PATIENCE = 1_000;
    private static final long HEARTBEAT = 1_000;
    /** A connection that answers some calls, but let this many in a row run out of time, is not trusted either. */
    private static final int TIMEOUTS = 8;

    /** A connection that is lost sooner was no good: the pauses go on growing. */
    private static final long STABLE = TimeUnit.SECONDS.toNanos(5);

    private final ContextInternal context;
    private final Supplier<Redis> clients;
    private final Request probe;
    private final long timeout;
    private final Status status;
    private final ArrayDeque<Call> deadlines = new ArrayDeque<>();
    private final Backoff backoff = new Backoff();

    private ArrayDeque<Call> early = new ArrayDeque<>();
    private Link link;
    private String trouble;
    private boolean timerSet;
    private long heartbeat = -1;
    private long heardAtHeartbeat;
    private int timeouts;
    private long openedAt;
    private boolean closed;

    /** @param timeout ns */
    Lane(ContextInternal context, Supplier<Redis> clients, Request probe, long timeout, Status status) {
        this.context = context;
        this.clients = clients;
        this.probe = probe;
        this.timeout = timeout;
        this.status = status;
    }

    ContextInternal context() {
        return context;
    }

    void open() {
        heartbeat = context.setPeriodic(HEARTBEAT, id -> beat());
        connect();
    }

    void send(Call call) {
        if (link != null) {
            track(call);
            transmit(call);
        } else if (early != null) {
            track(call);
            early.add(call);
        } else {
            call.fail(new StoreUnavailable(trouble));
        }
    }

    /** Within the deadline that the call has already. */
    void sendAgain(Call call) {
        if (link != null) {
            transmit(call);
        } else {
            call.fail(new StoreUnavailable(trouble));
        }
    }

    private void transmit(Call call) {
        call.sentOver(link);
        link.send(call.request()).onComplete(call);
    }

    private void track(Call call) {
        while (!deadlines.isEmpty() && deadlines.peek().ended()) {
            deadlines.poll();
        }
        call.enter(this, System.nanoTime() + timeout);
        deadlines.add(call);
        if (!timerSet) {
            setTimer(timeout);
        }
    }

    private void setTimer(long nanos) {
        timerSet = true;
        context.setTimer(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999)), id -> expire());
    }

    private void expire() {
        timerSet = false;
        long now = System.nanoTime();
        Call head;
        while ((head = deadlines.peek()) != null && (head.ended() || head.deadline() - now <= 0)) {
            deadlines.poll();
            if (!head.ended()) {
                expired(head);
            }
        }
        if (head != null && !timerSet) {
            setTimer(head.deadline() - now);
        }
    }

    private void expired(Call call) {
        String reason = "Redis did not answer within " + TimeUnit.NANOSECONDS.toMillis(timeout) + " ms.";
        if (call.link() == link && link != null && (call.metSilence() || ++timeouts >= TIMEOUTS)) {
            lose(link, reason);
        }
        call.fail(new StoreUnavailable(reason));
    }

    void failed(Call call, Throwable error) {
        if (Faults.connectionLost(error)) {
            lose(call.link(), Faults.sentence(error));
        }
        call.fail(Faults.seenByCaller(error));
    }

    private void beat() {
        Link beating = link;
        if (beating == null || beating.heard() != heardAtHeartbeat) {
            heardAtHeartbeat = beating == null ? 0 : beating.heard();
            timeouts = 0;
            return;
        }
        send(new Call(Unheard.INSTANCE, Request.cmd(Command.PING), null, null));
    }

    private void connect() {
        Link.open(context, clients, probe, PATIENCE, this::connected);
    }

    private void connected(AsyncResult<Link> attempt) {
        if (closed) {
            if (attempt.succeeded()) {
                attempt.result().close();
            }
            return;
        }
        if (attempt.failed()) {
            trouble = "Redis cannot be reached: " + Faults.sentence(attempt.cause());
            status.missing(trouble);
            refuseEarly();
            context.setTimer(backoff.next(), id -> reconnect());
            return;
        }
        Link opened = attempt.result();
        opened.onEnd(() -> lose(opened, "The connection was closed."));
        link = opened;
        timeouts = 0;
        heardAtHeartbeat = 0;
        openedAt = System.nanoTime();
        status.up();
        if (early != null) {
            List<Call> waiting = List.copyOf(early);
            early = null;
            for (Call call : waiting) {
                if (!call.ended()) {
                    sendAgain(call);
                }
            }
        }
    }

    private void reconnect() {
        if (!closed && link == null) {
            connect();
        }
    }

    private void refuseEarly() {
        if (early != null) {
            List<Call> waiting = List.copyOf(early);
            early = null;
            waiting.forEach(call -> call.fail(new StoreUnavailable(trouble)));
        }
    }

    private void lose(Link lost, String reason) {
        if (lost == null || lost != link) {
            return;
        }
        link = null;
        if (System.nanoTime() - openedAt > STABLE) {
            backoff.reset();
        }
        trouble = "The connection to Redis is lost: " + reason;
        status.down(trouble);
        lost.close();
        context.setTimer(backoff.next(), id -> reconnect());
    }

    void close() {
        closed = true;
        if (heartbeat >= 0) {
            context.owner().cancelTimer(heartbeat);
        }
        trouble = "The connection to Redis is closed.";
        refuseEarly();
        if (link != null) {
            link.close();
            link = null;
        }
    }
}
