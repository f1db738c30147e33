package dev.sluice.cache;

import dev.sluice.Receipt;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Stream;
import dev.sluice.dialect.Dialect;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Multi;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;
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
    private final Stream stream;
    private final Dialect dialect;
    private final Audience audience;
    private final List<Listener> listeners = new ArrayList<>();
    private final Tape tape;
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
        this.tape = new Tape(maxBytes);
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
        Listener first = new Listener(this, null);
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
        Listener follower = new Listener(this, bill);
        synchronized (this) {
            if (tape.isTooLong()) {
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
        Listener relay = new Listener(this, end -> {
            ended.accept(end);
            return end.receipt();
        });
        synchronized (this) {
            if (tape.isTooLong()) {
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
    void begin() {
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

    Dialect dialect() {
        return dialect;
    }

    /** How it ended; null before its last events are told. */
    synchronized End end() {
        return end;
    }

    /** All that this one has not heard yet; null where that is nothing. */
    synchronized List<SseEvent> next(Listener listener) {
        List<SseEvent> batch = tape.after(listener.heard());
        if (batch != null) {
            listener.hasHeard(tape.told());
        }
        return batch;
    }

    /** Whether this one gets nothing more: it has heard all of it, or is given up. */
    synchronized boolean isDone(Listener listener, boolean givenUp) {
        boolean done = givenUp || complete && listener.heard() == tape.told();
        if (done) {
            listeners.remove(listener);
        }
        return done;
    }

    /** This one listens no more; whether that is before all has been told. */
    synchronized boolean leave(Listener listener) {
        listeners.remove(listener);
        return !complete;
    }

    void left(boolean wasLeader) {
        audience.left(wasLeader);
        pull();
    }

    /** Asks for more if somebody could take it. */
    void pull() {
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
        long all = tape.told();
        for (Listener listener : listeners) {
            if (listener.heard() == all && listener.isReady()) {
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
        while (true) {
            long least = listeners.stream().mapToLong(Listener::heard).min().orElse(tape.told());
            if (tape.canForget(least)) {
                tape.forgetFirst();
            } else if (tape.isFull() && listeners.size() > 1) {
                listeners.stream().filter(listener -> listener.heard() == least).forEach(slow::add);
                listeners.removeAll(slow);
            } else {
                return slow;
            }
        }
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
                tape.add(batch);
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
                events = tape.all();
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
}
