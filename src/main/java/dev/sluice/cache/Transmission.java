package dev.sluice.cache;

import dev.sluice.Reply.End;
import dev.sluice.cache.Piece.Head;
import dev.sluice.cache.Piece.Last;
import dev.sluice.sse.SseEvent;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Tells a stream that runs on this replica to those who follow it on others, once somebody does: first what was told
 * before, then what comes, a piece at a time. While Redis takes one, what comes gathers for the next; while nobody follows
 * there is none.
 */
final class Transmission implements Flow.Subscriber<List<SseEvent>> {
    /** Between two pieces, ms. */
    private static final long PAUSE = 10;
    private static final long BEFORE_ANOTHER_TRY = 100;
    private static final int TRIES = 20;
    /** Nobody begins to follow after so long, microseconds: what is older is somebody's who kept it to tell it again. */
    private static final long LONGEST = TimeUnit.HOURS.toMicros(1);
    private static final Logger LOG = Logger.getLogger(Transmission.class);

    private final Broadcast broadcast;
    private final Lease lease;
    private final Identity identity;
    private final Scope scope;
    private final Relay relay;
    private final Leases leases;
    private final VertxInternal vertx;
    /** Sizes of the pieces that Redis keeps. */
    private final ArrayDeque<Integer> kept = new ArrayDeque<>();
    private long keptBytes;
    private long expiresAt;
    private long number;
    private List<SseEvent> lastEvents;
    private boolean sending;
    private boolean complete;
    private boolean over;
    private Flow.Subscription telling;
    private volatile End end;

    /**
     * @param lease that the stream was begun under
     * @param identity what may be shared, in which scope
     */
    Transmission(Broadcast broadcast, Lease lease, Identity identity, Scope scope, Relay relay, Leases leases,
            Vertx vertx) {
        this.broadcast = broadcast;
        this.lease = lease;
        this.identity = identity;
        this.scope = scope;
        this.relay = relay;
        this.leases = leases;
        this.vertx = (VertxInternal) vertx;
    }

    /** From here on all of it happens on one event loop. */
    void begin() {
        ContextInternal context = vertx.getOrCreateContext();
        context.runOnContext(there -> relay.now().subscribe().with(this::begin,
                away -> vertx.setTimer(BEFORE_ANOTHER_TRY, id -> leases.onceFollowed(lease, this::begin))));
    }

    private void begin(long now) {
        expiresAt = now + LONGEST;
        broadcast.forElsewhere(how -> end = how).ifPresent(stream -> stream.subscribe().withSubscriber(this));
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        telling = subscription;
        subscription.request(1);
    }

    @Override
    public void onNext(List<SseEvent> batch) {
        if (lastEvents != null) {
            lastEvents.addAll(batch);
            telling.request(1);
            return;
        }
        if (batch.stream().anyMatch(SseEvent::isCost)) {
            lastEvents = new ArrayList<>(batch);
            telling.request(1);
            return;
        }
        byte[] events = bytes(batch);
        if (events.length == 0) {
            telling.request(1);
        } else {
            send(new Piece(++number, head(), events, Optional.empty()));
        }
    }

    @Override
    public void onError(Throwable defect) {
        LOG.debugf("A stream that is followed elsewhere broke off: %s", defect.getMessage());
    }

    @Override
    public void onComplete() {
        complete = true;
        if (!sending) {
            sendLast();
        }
    }

    private Optional<Head> head() {
        return number == 1
                ? Optional
                        .of(new Head(broadcast.head().model().orElseThrow().name(), broadcast.contentType(), expiresAt))
                : Optional.empty();
    }

    private void sendLast() {
        int cost = 0;
        List<SseEvent> events = lastEvents == null ? List.of() : lastEvents;
        while (cost < events.size() && !events.get(cost).isCost()) {
            cost++;
        }
        over = true;
        Last last = new Last(end.failure(), end.receipt().usage(), end.receipt().cutShort(),
                bytes(events.subList(cost, events.size())));
        send(new Piece(++number, head(), bytes(events.subList(0, cost)), Optional.of(last)));
    }

    private static byte[] bytes(List<SseEvent> events) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (SseEvent event : events) {
            if (event.hasData()) {
                event.writeTo(bytes::write);
            }
        }
        return bytes.toByteArray();
    }

    private void send(Piece piece) {
        byte[] bytes = relay.encode(piece, lease, identity, scope);
        kept.add(bytes.length);
        keptBytes += bytes.length;
        while (keptBytes > relay.maxBytes() && kept.size() > 1) {
            keptBytes -= kept.remove();
        }
        sending = true;
        send(piece.number(), bytes, System.nanoTime(), 1);
    }

    private void send(long which, byte[] piece, long since, int tries) {
        relay.tell(lease, which, piece, kept.size()).subscribe().with(sent -> sent(since), lost -> {
            if (tries < TRIES) {
                vertx.setTimer(BEFORE_ANOTHER_TRY, id -> send(which, piece, since, tries + 1));
            } else {
                LOG.debugf("A stream is not told elsewhere any more: %s", lost.getMessage());
                telling.cancel();
            }
        });
    }

    private void sent(long since) {
        long spent = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
        if (complete || spent >= PAUSE) {
            goOn();
        } else {
            vertx.setTimer(PAUSE - spent, id -> goOn());
        }
    }

    private void goOn() {
        sending = false;
        if (over) {
            return;
        }
        if (complete) {
            sendLast();
        } else if (leases.isFollowed(lease)) {
            telling.request(1);
        } else {
            leases.onceFollowed(lease, () -> telling.request(1));
        }
    }
}
