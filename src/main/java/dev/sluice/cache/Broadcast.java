package dev.sluice.cache;

import dev.sluice.Receipt;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.dialect.Dialect;
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
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * One stream told to several listeners of this replica: to each from its beginning, then as it comes, at its own pace.
 * The fastest sets the pace of the provider. What has been told is kept for those who come later, up to a bound; beyond
 * it nobody may come any more, and what all have heard is forgotten.
 * <p>
 * Every listener has an end of its own: the leader that of the stream, with its cost; a follower one that costs nothing.
 * A follower that is too slow to get the rest within the bound is told that it is.
 */
final class Broadcast {
    private static final Refusal TOO_SLOW = Refusal.of(503, "api_error", "overloaded",
            "This client reads more slowly than the stream that it shares is told.").retryAfter(1);

    private final Stream stream;
    private final Dialect dialect;
    private final int maxBytes;
    private final Audience audience;
    private final List<Listener> listeners = new ArrayList<>();
    private final List<List<SseEvent>> told = new ArrayList<>();
    /** Batches that were told before those that are kept. */
    private long forgotten;
    private long bytes;
    private boolean tooLong;
    private boolean complete;
    private End end;
    private Listener leader;
    private Listener elsewhere;
    private Flow.Subscription telling;
    private boolean begun;
    private boolean requested;

    /** Who else waits, and what is to be done when somebody leaves. */
    interface Audience {
        /** Whether the stream has to go on, whether its listeners ask for more or not. */
        boolean isWaitedFor();

        /** A listener has gone before the end. */
        void left(boolean leader);

        /** All has been told; events are empty where they were too many to be kept. */
        void told(End end, Optional<List<SseEvent>> events);
    }

    /** @param maxBytes to keep for who comes later */
    Broadcast(Stream stream, Dialect dialect, int maxBytes, Audience audience) {
        this.stream = stream;
        this.dialect = dialect;
        this.maxBytes = maxBytes;
        this.audience = audience;
    }

    Receipt head() {
        return stream.receipt();
    }

    String contentType() {
        return stream.contentType();
    }

    /** The stream as its leader is told it. */
    Stream forLeader() {
        Listener first = new Listener(null);
        synchronized (this) {
            leader = first;
            listeners.add(first);
        }
        return new Stream(stream.status(), stream.contentType(), first::tell, stream.receipt());
    }

    /**
     * The stream as a follower is told it; empty where its beginning is not kept any more.
     *
     * @param head what it is charged, as far as that is known
     * @param bill what it is charged in the end; called once, if it listens
     */
    Optional<Stream> forFollower(Receipt head, Function<End, Receipt> bill) {
        Listener follower = new Listener(bill);
        synchronized (this) {
            if (tooLong) {
                return Optional.empty();
            }
            listeners.add(follower);
        }
        return Optional.of(new Stream(stream.status(), stream.contentType(), follower::tell, head));
    }

    /**
     * The stream for those who follow it elsewhere; empty where its beginning is not kept any more. It does not keep the
     * stream going.
     *
     * @param ended told how it ended, before the last events are
     */
    Optional<Multi<List<SseEvent>>> forElsewhere(Consumer<End> ended) {
        Listener relay = new Listener(end -> {
            ended.accept(end);
            return end.receipt();
        });
        synchronized (this) {
            if (tooLong) {
                return Optional.empty();
            }
            elsewhere = relay;
            listeners.add(relay);
        }
        return Optional.of(relay.tell(UnaryOperator.identity()));
    }

    synchronized boolean isHeard() {
        return listeners.stream().anyMatch(listener -> listener != elsewhere);
    }

    /** Goes on for others: the leader's own part is over. */
    void withoutLeader() {
        Listener first;
        synchronized (this) {
            first = leader;
        }
        if (first != null) {
            first.end(new End(Optional.empty(), true, stream.receipt()));
        }
        goOn();
    }

    /** Somebody waits for all of it. */
    void goOn() {
        begin();
        pull();
    }

    /** Nobody wants the rest. */
    void cancel() {
        begin();
        Flow.Subscription running;
        synchronized (this) {
            running = telling;
        }
        if (running != null) {
            running.cancel();
        }
    }

    /** Once somebody wants to hear it. */
    private void begin() {
        synchronized (this) {
            if (begun) {
                return;
            }
            begun = true;
        }
        stream.source().tell(this::ended).subscribe().withSubscriber(new Teller());
    }

    private End ended(End how) {
        Listener first;
        synchronized (this) {
            end = how;
            first = leader;
        }
        return first == null ? how : first.end(how);
    }

    /** Asks for more if somebody could take it. */
    private void pull() {
        boolean waitedFor = audience.isWaitedFor();
        Flow.Subscription running;
        synchronized (this) {
            if (telling == null || requested || complete || !(waitedFor || anybodyIsReady())) {
                return;
            }
            requested = true;
            running = telling;
        }
        running.request(1);
    }

    private boolean anybodyIsReady() {
        long all = forgotten + told.size();
        for (Listener listener : listeners) {
            if (listener.heard == all && listener.demand.get() > 0) {
                return true;
            }
        }
        return false;
    }

    private void drainAll() {
        List<Listener> all;
        synchronized (this) {
            all = List.copyOf(listeners);
        }
        all.forEach(Listener::drain);
    }

    /** What all have heard need not be kept once nobody may come any more; who is too far behind is given up. */
    private List<Listener> forget() {
        List<Listener> slow = new ArrayList<>();
        while (tooLong && bytes > 0) {
            long least = listeners.stream().mapToLong(listener -> listener.heard).min()
                    .orElse(forgotten + told.size());
            if (least > forgotten) {
                bytes -= size(told.remove(0));
                forgotten++;
            } else if (bytes > 2L * maxBytes && listeners.size() > 1) {
                listeners.stream().filter(listener -> listener.heard == least).forEach(slow::add);
                listeners.removeAll(slow);
            } else {
                break;
            }
        }
        return slow;
    }

    private static long size(List<SseEvent> batch) {
        long size = 0;
        for (SseEvent event : batch) {
            size += event.raw().length;
        }
        return size;
    }

    /** Listens to the source. */
    private final class Teller implements Flow.Subscriber<List<SseEvent>> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            synchronized (Broadcast.this) {
                telling = subscription;
            }
            pull();
        }

        @Override
        public void onNext(List<SseEvent> batch) {
            List<Listener> slow;
            synchronized (Broadcast.this) {
                requested = false;
                told.add(batch);
                bytes += size(batch);
                tooLong |= bytes > maxBytes;
                slow = forget();
            }
            slow.forEach(Listener::giveUp);
            drainAll();
            pull();
        }

        @Override
        public void onError(Throwable defect) {
            drainAllWith(defect);
        }

        @Override
        public void onComplete() {
            End how;
            Optional<List<SseEvent>> events;
            synchronized (Broadcast.this) {
                complete = true;
                how = end;
                events = tooLong ? Optional.empty() : Optional.of(told.stream().flatMap(List::stream).toList());
            }
            drainAll();
            audience.told(how, events);
        }

        private void drainAllWith(Throwable defect) {
            List<Listener> all;
            synchronized (Broadcast.this) {
                complete = true;
                all = List.copyOf(listeners);
            }
            all.forEach(listener -> listener.fail(defect));
        }
    }

    /** One that is told the stream. What it is told, it is on the event loop that it began to listen on. */
    private final class Listener implements Flow.Subscription {
        private final Function<End, Receipt> bill;
        private final AtomicLong demand = new AtomicLong();
        private final AtomicInteger work = new AtomicInteger();
        private final AtomicBoolean over = new AtomicBoolean();
        private ContextInternal context;
        private Flow.Subscriber<? super List<SseEvent>> subscriber;
        private UnaryOperator<End> ending;
        private End ended;
        private volatile long heard;
        private volatile boolean tooSlow;

        /** @param bill null for the leader */
        Listener(Function<End, Receipt> bill) {
            this.bill = bill;
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
                begin();
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
            pull();
        }

        @Override
        public void cancel() {
            if (!over.compareAndSet(false, true)) {
                return;
            }
            boolean before;
            synchronized (Broadcast.this) {
                listeners.remove(this);
                before = !complete;
            }
            if (bill != null) {
                bill(new End(Optional.empty(), true, stream.receipt()));
            }
            if (before) {
                audience.left(bill == null);
                pull();
            } else if (bill == null) {
                end(end);
            }
        }

        private void giveUp() {
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
            pull();
        }

        /** All that it has not heard yet. */
        private boolean next() {
            List<SseEvent> batch;
            boolean last;
            synchronized (Broadcast.this) {
                int from = (int) (heard - forgotten);
                if (tooSlow || from == told.size()) {
                    return false;
                }
                batch = from == told.size() - 1 ? told.get(from) : joined(told.subList(from, told.size()));
                last = end != null;
                heard = forgotten + told.size();
            }
            subscriber.onNext(last && bill != null ? withOwnCost(batch) : batch);
            return true;
        }

        private static List<SseEvent> joined(List<List<SseEvent>> batches) {
            List<SseEvent> all = new ArrayList<>();
            batches.forEach(all::addAll);
            return all;
        }

        private List<SseEvent> withOwnCost(List<SseEvent> batch) {
            for (int i = 0; i < batch.size(); i++) {
                if (batch.get(i).isCost()) {
                    List<SseEvent> changed = new ArrayList<>(batch);
                    changed.set(i, SseEvent.cost(bill(end)));
                    return changed;
                }
            }
            return batch;
        }

        private void finishIfDone() {
            boolean done;
            synchronized (Broadcast.this) {
                done = tooSlow || complete && heard == forgotten + told.size();
                if (done) {
                    listeners.remove(this);
                }
            }
            if (!done || !over.compareAndSet(false, true)) {
                return;
            }
            if (tooSlow) {
                End how = new End(Optional.of(TOO_SLOW), false, stream.receipt());
                Receipt own = bill == null ? end(how).receipt() : bill(how);
                subscriber.onNext(List.of(SseEvent.cost(own), dialect.errorEvent(TOO_SLOW)));
            } else if (bill != null) {
                bill(end);
            }
            subscriber.onComplete();
        }
    }
}
