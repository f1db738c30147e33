package dev.sluice.redis;

import io.vertx.core.AsyncResult;
import io.vertx.core.impl.ContextInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * The connection of one event loop and all that is under way on it. Everything here happens on that loop, so that there
 * are no locks; requests are sent without waiting for earlier answers (pipelined), and Redis answers in order.
 * <p>
 * Without a connection calls fail at once, while one attempt at a time is made to get a new one; only the very first
 * calls wait for the first attempt. A cluster's connection stays in use while a better one is sought.
 */
final class Lane {
    /** An attempt to connect may take this long, ms: with the longest pause, Redis' return is noticed within 2 s. */
    static final int PATIENCE = 1_000;
    /** Each connection holds room for twice as many from its beginning. */
    static final int MAX_IN_FLIGHT = 2_048;
    private static final long HEARTBEAT = 1_000;
    /** A connection that answers some calls, but lets this many run out of time between two heartbeats, is overrun. */
    private static final int TIMEOUTS = 8;
    /** A connection that is lost sooner, ns, was no good: the pauses go on growing. */
    private static final long STABLE = TimeUnit.SECONDS.toNanos(5);

    private final ContextInternal context;
    private final Clients clients;
    private final Request probe;
    private final long timeout;
    private final Status status;
    private final Backoff backoff = new Backoff();
    /** In the order of their ends, which is the order of their beginnings: one timer serves them all. */
    private final ArrayDeque<Call> deadlines = new ArrayDeque<>();

    private ArrayDeque<Call> early = new ArrayDeque<>();
    private Link link;
    private String trouble;
    private int attempts;
    private boolean seeking;
    private boolean closed;
    private boolean timerSet;
    private long heartbeat = -1;
    private long heardAtHeartbeat;
    private int timeouts;

    /** @param timeout ns */
    Lane(ContextInternal context, Clients clients, Request probe, long timeout, Status status) {
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
        seeking = true;
        attempt();
    }

    void send(Call call) {
        if (link == null && early == null) {
            call.fail(new StoreUnavailable(trouble));
            return;
        }
        if (deadlines.size() >= MAX_IN_FLIGHT) {
            call.fail(new StoreUnavailable("More than " + MAX_IN_FLIGHT + " calls to Redis are under way."));
            return;
        }
        long now = System.nanoTime();
        track(call, now);
        if (link != null) {
            link.send(call, now);
        } else {
            early.add(call);
        }
    }

    /** Within the deadline that the call has already. */
    void sendAgain(Call call) {
        if (link != null) {
            link.send(call, System.nanoTime());
        } else {
            call.fail(new StoreUnavailable(trouble));
        }
    }

    private void track(Call call, long now) {
        while (!deadlines.isEmpty() && deadlines.peek().ended()) {
            deadlines.poll();
        }
        call.enter(this, now + timeout);
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
                expired(head, now);
            }
        }
        if (head != null && !timerSet) {
            setTimer(head.deadline() - now);
        }
    }

    private void expired(Call call, long now) {
        String reason = "Redis did not answer within " + TimeUnit.NANOSECONDS.toMillis(timeout) + " ms.";
        Link used = call.link();
        if (used == null) {
            trouble = reason;
            refuseEarly();
        } else if (call.timedOut(now) || !used.partial() && ++timeouts >= TIMEOUTS) {
            drop(used, reason);
        } else if (used.partial()) {
            seek();
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
        timeouts = 0;
        long heard = link == null ? 0 : link.heard();
        if (link != null && heard == heardAtHeartbeat) {
            send(new Call(Unheard.INSTANCE, Request.cmd(Command.PING), null, null));
        }
        heardAtHeartbeat = heard;
    }

    private void attempt() {
        if (closed) {
            return;
        }
        Link.open(context, clients.create(attempts++), clients.cluster(), probe, PATIENCE, this::connected);
    }

    private void connected(AsyncResult<Link> attempt) {
        if (attempt.failed()) {
            if (link == null) {
                trouble = "Redis cannot be reached: " + Faults.sentence(attempt.cause());
                status.missing(trouble);
                refuseEarly();
            }
            context.setTimer(backoff.next(), id -> attempt());
        } else if (closed) {
            attempt.result().close();
        } else {
            use(attempt.result());
        }
    }

    private void use(Link opened) {
        Link old = link;
        link = opened;
        seeking = false;
        timeouts = 0;
        heardAtHeartbeat = 0;
        opened.onEnd(() -> lose(opened, "It was closed by the other side."));
        if (old == null) {
            status.up();
        } else {
            // What is under way on it may still be answered.
            context.setTimer(TimeUnit.NANOSECONDS.toMillis(timeout), id -> old.close());
        }
        if (early != null) {
            ArrayDeque<Call> waiting = early;
            early = null;
            for (Call call : waiting) {
                if (!call.ended()) {
                    sendAgain(call);
                }
            }
        }
    }

    private void refuseEarly() {
        if (early != null) {
            ArrayDeque<Call> waiting = early;
            early = null;
            waiting.forEach(call -> call.fail(new StoreUnavailable(trouble)));
        }
    }

    private void lose(Link lost, String reason) {
        if (lost == link && lost != null) {
            if (lost.partial()) {
                seek();
            } else {
                drop(lost, reason);
            }
        }
    }

    private void drop(Link dropped, String reason) {
        if (dropped != link) {
            return;
        }
        link = null;
        trouble = "The connection to Redis is lost: " + reason;
        status.down(trouble);
        if (dropped.age() > STABLE) {
            backoff.reset();
        }
        dropped.close();
        seek();
    }

    private void seek() {
        if (!seeking && !closed) {
            seeking = true;
            context.setTimer(backoff.next(), id -> attempt());
        }
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (heartbeat >= 0) {
            context.owner().cancelTimer(heartbeat);
        }
        trouble = "The connection to Redis is closed.";
        refuseEarly();
        if (link != null) {
            Link last = link;
            link = null;
            status.closed();
            last.close();
        }
    }
}
