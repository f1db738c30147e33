package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Stream;
import dev.sluice.dialect.Dialect;
import dev.sluice.sse.SseEvent;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;

/**
 * The stream of a request that its client has given a name: when the client goes, it goes on as long as anybody listens who
 * has asked for it by that name.
 */
final class NamedStream implements Broadcast.Audience {
    private final Broadcast broadcast;
    private final Lease lease;
    private final Leases leases;
    private final Vertx vertx;
    private final Runnable goingOnWithoutIt;
    private volatile boolean goesOn;
    private volatile boolean told;

    /**
     * @param lease that it is told under
     * @param maxBytes kept for who comes later
     * @param goingOnWithoutIt called before the client's part of the stream ends
     */
    NamedStream(Stream stream, Exchange exchange, Lease lease, int maxBytes, Leases leases, Vertx vertx,
            Runnable goingOnWithoutIt) {
        this.broadcast = new Broadcast(stream, Dialect.of(exchange.request().endpoint()), maxBytes, this);
        this.lease = lease;
        this.leases = leases;
        this.vertx = vertx;
        this.goingOnWithoutIt = goingOnWithoutIt;
    }

    Broadcast broadcast() {
        return broadcast;
    }

    Stream forClient() {
        return broadcast.forLeader();
    }

    /** Nobody will come for it: all of it is wanted nevertheless. */
    void goOn() {
        goesOn = true;
        broadcast.goOn();
    }

    @Override
    public boolean isWaitedFor() {
        return goesOn;
    }

    @Override
    public void left(boolean client) {
        if (client) {
            endIfDeserted();
        }
    }

    private void endIfDeserted() {
        leases.isWaitedFor(lease.key()).subscribe().with(waitedFor -> {
            if (told) {
                return;
            }
            if (!waitedFor) {
                broadcast.cancel();
                return;
            }
            if (!goesOn) {
                goesOn = true;
                goingOnWithoutIt.run();
                broadcast.withoutLeader();
            }
            vertx.setTimer(Leases.SAID_EVERY.toMillis(), id -> endIfDeserted());
        });
    }

    @Override
    public void told(End end, Optional<List<SseEvent>> events) {
        told = true;
    }
}
