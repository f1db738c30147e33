package dev.sluice.cache;

import dev.sluice.Receipt;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Multi;
import io.vertx.core.impl.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** One that is told a {@link Broadcast}. What it is told, it is on the event loop that it began to listen on. */
final class Listener implements Flow.Subscription {
    private static final Refusal TOO_SLOW = Refusal.of(503, "api_error", "overloaded",
            "This client reads more slowly than the stream that it shares is told.").retryAfter(1);

    private final Broadcast broadcast;
    private final Function<End, Receipt> bill;
    private final AtomicLong demand = new AtomicLong();
    private final AtomicInteger work = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();
    private ContextInternal context;
    private Flow.Subscriber<? super List<SseEvent>> subscriber;
    private UnaryOperator<End> ending;
    private End ended;
    /** So many batches; written by whom the broadcast belongs to. */
    private volatile long heard;
    private volatile boolean tooSlow;

    /** @param bill null for the leader */
    Listener(Broadcast broadcast, Function<End, Receipt> bill) {
        this.broadcast = broadcast;
        this.bill = bill;
    }

    long heard() {
        return heard;
    }

    void hasHeard(long batches) {
        heard = batches;
    }

    boolean isReady() {
        return demand.get() > 0;
    }

    Multi<List<SseEvent>> tell(UnaryOperator<End> composed) {
        return Multi.createFrom().publisher(listener -> {
            context = ContextInternal.current();
            subscriber = listener;
            End already;
            synchronized (this) {
                ending = composed;
                already = ended;
            }
            if (already != null) {
                composed.apply(already);
            }
            listener.onSubscribe(this);
            broadcast.begin();
            drain();
        });
    }

    /** Its own end, once. */
    End end(End how) {
        UnaryOperator<End> known;
        synchronized (this) {
            if (ended != null) {
                return how;
            }
            ended = how;
            known = ending;
        }
        return known == null ? how : known.apply(how);
    }

    /** A follower's own end. */
    private Receipt bill(End how) {
        synchronized (this) {
            if (ended != null) {
                return ended.receipt();
            }
        }
        return end(how.with(bill.apply(how))).receipt();
    }

    @Override
    public void request(long n) {
        demand.getAndUpdate(before -> before + n < 0 ? Long.MAX_VALUE : before + n);
        drain();
        broadcast.pull();
    }

    @Override
    public void cancel() {
        if (!over.compareAndSet(false, true)) {
            return;
        }
        boolean before = broadcast.leave(this);
        if (bill != null) {
            bill(new End(Optional.empty(), true, broadcast.head()));
        }
        if (before) {
            broadcast.left(bill == null);
        } else if (bill == null) {
            end(broadcast.end());
        }
    }

    /** It is too far behind. */
    void giveUp() {
        tooSlow = true;
        drain();
    }

    void fail(Throwable defect) {
        if (over.compareAndSet(false, true)) {
            onItsLoop(() -> subscriber.onError(defect));
        }
    }

    void drain() {
        if (subscriber != null && work.getAndIncrement() == 0) {
            onItsLoop(this::loop);
        }
    }

    private void onItsLoop(Runnable action) {
        if (context == null || context == ContextInternal.current()) {
            action.run();
        } else {
            context.runOnContext(there -> action.run());
        }
    }

    private void loop() {
        int missed = work.get();
        while (missed != 0) {
            while (!over.get() && demand.get() > 0 && next()) {
                demand.decrementAndGet();
            }
            finishIfDone();
            missed = work.addAndGet(-missed);
        }
        broadcast.pull();
    }

    /** All that it has not heard yet. */
    private boolean next() {
        List<SseEvent> batch = tooSlow ? null : broadcast.next(this);
        if (batch == null) {
            return false;
        }
        subscriber.onNext(bill != null && broadcast.end() != null ? withOwnCost(batch) : batch);
        return true;
    }

    private List<SseEvent> withOwnCost(List<SseEvent> batch) {
        for (int i = 0; i < batch.size(); i++) {
            if (batch.get(i).isCost()) {
                List<SseEvent> changed = new ArrayList<>(batch);
                changed.set(i, SseEvent.cost(bill(broadcast.end())));
                return changed;
            }
        }
        return batch;
    }

    private void finishIfDone() {
        boolean done = broadcast.isDone(this, tooSlow);
        if (!done || !over.compareAndSet(false, true)) {
            return;
        }
        if (tooSlow) {
            End how = new End(Optional.of(TOO_SLOW), false, broadcast.head());
            Receipt own = bill == null ? end(how).receipt() : bill(how);
            subscriber.onNext(List.of(SseEvent.cost(own), broadcast.dialect().errorEvent(TOO_SLOW)));
        } else if (bill != null) {
            bill(broadcast.end());
        }
        subscriber.onComplete();
    }
}
