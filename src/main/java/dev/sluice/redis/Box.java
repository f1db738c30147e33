package dev.sluice.redis;

import io.vertx.core.impl.ContextInternal;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jboss.logging.Logger;

/**
 * The writes of one event loop, confined to it. After a failure nothing is sent until all that is under way has ended;
 * then everything from the failed write on is sent again, in order.
 */
final class Box {
    private static final Logger LOG = Logger.getLogger(Outbox.class);
    private static final int WINDOW = 512;

    private final ContextInternal context;
    private final Outbox outbox;
    private final ArrayDeque<Write> waiting = new ArrayDeque<>();
    private final ArrayDeque<Write> sent = new ArrayDeque<>();
    private final Backoff backoff = new Backoff();
    private int underWay;
    private boolean resting;
    private boolean complained;

    Box(ContextInternal context, Outbox outbox) {
        this.context = context;
        this.outbox = outbox;
    }

    ContextInternal context() {
        return context;
    }

    void add(Write write) {
        waiting.add(write);
        sendMore();
    }

    private void sendMore() {
        while (!resting && underWay < WINDOW && !waiting.isEmpty()) {
            Write write = waiting.poll();
            sent.add(write);
            underWay++;
            write.sendFrom(this);
        }
    }

    void answered() {
        underWay--;
        backoff.reset();
        release();
        proceed();
    }

    void failed() {
        underWay--;
        resting = true;
        proceed();
    }

    void refused(Throwable error) {
        outbox.refused();
        if (!complained) {
            complained = true;
            LOG.errorf("Redis refuses a write for good, it and others like it are lost: %s", error.getMessage());
        }
        answered();
    }

    private void release() {
        while (!sent.isEmpty() && sent.peek().settled()) {
            outbox.written(sent.poll());
        }
    }

    private void proceed() {
        if (!resting) {
            sendMore();
        } else if (underWay == 0) {
            Iterator<Write> latestFirst = sent.descendingIterator();
            while (latestFirst.hasNext()) {
                Write write = latestFirst.next();
                if (write.refused()) {
                    outbox.written(write);
                } else {
                    waiting.addFirst(write);
                }
            }
            sent.clear();
            context.setTimer(backoff.next(), id -> {
                resting = false;
                sendMore();
            });
        }
    }
}
