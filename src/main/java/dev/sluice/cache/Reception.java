package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Usage;
import dev.sluice.cache.Piece.Head;
import dev.sluice.cache.Piece.Last;
import dev.sluice.cache.Relay.Heard;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.StreamReader;
import dev.sluice.sse.SseEvent;
import dev.sluice.sse.SseParser;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * Follows a stream that runs on another replica: gets what was told so far, then what comes, as it comes. Its listener
 * sets the pace; what it has not asked for waits in Redis, {@link Relay#KEPT} at least.
 * <p>
 * It begins only with an event to tell: before that, whoever follows may still take over what failed elsewhere. After it,
 * a stream that breaks off ends with the error event of the dialect.
 */
final class Reception {
    /** Silent for so long, it is asked whether the replica that has it told still lives; and so often. ns. */
    private static final long SILENT = TimeUnit.MILLISECONDS.toNanos(500);
    /** The last piece may come so much later than what it ends, ns. */
    private static final long GRACE = TimeUnit.SECONDS.toNanos(2);
    private static final int OK = 200;
    private static final Refusal LOST = Refusal.of(502, "upstream_error", "upstream_error",
            "The stream that was followed broke off before it was finished.");

    private final Lease lease;
    private final Identity identity;
    private final Scope scope;
    private final Relay relay;
    private final Leases leases;
    private final VertxInternal vertx;
    private final List<byte[]> heard = new ArrayList<>();
    private long next = 1;
    private Head head;
    private Last last;
    private boolean broken;

    /**
     * @param lease another replica's
     * @param identity of the request, in which scope
     */
    Reception(Lease lease, Identity identity, Scope scope, Relay relay, Leases leases, Vertx vertx) {
        this.lease = lease;
        this.identity = identity;
        this.scope = scope;
        this.relay = relay;
        this.leases = leases;
        this.vertx = (VertxInternal) vertx;
    }

    Lease lease() {
        return lease;
    }

    /** The name of the model that answers; empty as long as there is nothing to tell. */
    Optional<String> begun() {
        boolean failed = last != null && last.failure().isPresent();
        return heard.isEmpty() || broken || failed ? Optional.empty() : Optional.of(head.model());
    }

    /** Looks for more. Not while an earlier look is under way. */
    Uni<Void> look() {
        if (broken || last != null) {
            return Uni.createFrom().voidItem();
        }
        return relay.hear(lease, next, identity, scope).flatMap(more -> head != null || more.pieces().isEmpty()
                ? Uni.createFrom().item(more)
                : relay.now().map(now -> inTime(more, now))).invoke(this::take).replaceWithVoid();
    }

    private static Heard inTime(Heard first, long now) {
        boolean expired = first.pieces().get(0).head().orElseThrow().expiresAt() <= now;
        return expired ? new Heard(List.of(), true) : first;
    }

    private void take(Heard more) {
        broken = more.broken();
        for (Piece piece : more.pieces()) {
            next++;
            head = piece.head().orElse(head);
            last = piece.last().orElse(null);
            if (piece.events().length > 0) {
                heard.add(piece.events());
            }
        }
    }

    /**
     * The stream, once it has {@link #begun()}, for nothing. Not to be looked for more from then on.
     *
     * @param model that answers
     * @param status of who follows
     */
    Stream stream(Exchange exchange, Model model, CacheStatus status) {
        return new Stream(OK, head.contentType(), ending -> Multi.createFrom()
                .publisher(listener -> new Listening(exchange, model, status, ending, listener).begin()),
                Receipt.fromCache(model, Usage.NONE, status));
    }

    /** All of it happens on the event loop that the listener began to listen on. */
    private final class Listening implements Flow.Subscription {
        private final Model model;
        private final CacheStatus status;
        private final Dialect dialect;
        private final StreamReader reader;
        private final UnaryOperator<End> ending;
        private final Flow.Subscriber<? super List<SseEvent>> listener;
        private final ContextInternal context = vertx.getOrCreateContext();
        private final long begunAt = System.nanoTime();
        private long demand;
        private boolean looking;
        private boolean over;
        private long saying;
        private long lookedAt = begunAt;
        private long answeredAt = begunAt;
        private long heardAt = begunAt;
        private long askedAt = begunAt;
        private boolean gone;
        private long goneSince;

        Listening(Exchange exchange, Model model, CacheStatus status, UnaryOperator<End> ending,
                Flow.Subscriber<? super List<SseEvent>> listener) {
            this.model = model;
            this.status = status;
            this.dialect = Dialect.of(exchange.request().endpoint());
            this.reader = dialect.reader(exchange.request(), model.name());
            this.ending = ending;
            this.listener = listener;
        }

        void begin() {
            relay.follows(1);
            saying = vertx.setPeriodic(Leases.SAID_EVERY.toMillis(), id -> leases.sayFollowed(lease));
            listener.onSubscribe(this);
        }

        @Override
        public void request(long n) {
            onItsLoop(() -> {
                demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
                goOn();
            });
        }

        @Override
        public void cancel() {
            onItsLoop(() -> {
                if (leave()) {
                    end(Optional.empty(), true);
                }
            });
        }

        private void onItsLoop(Runnable action) {
            if (ContextInternal.current() == context) {
                action.run();
            } else {
                context.runOnContext(there -> action.run());
            }
        }

        private void goOn() {
            if (over || demand == 0 || looking) {
                return;
            }
            if (last != null || broken) {
                finish(last == null ? Optional.of(LOST) : last.failure());
            } else if (!heard.isEmpty()) {
                demand--;
                listener.onNext(events());
                goOn();
            } else {
                looking = true;
                long since = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lookedAt);
                vertx.setTimer(Math.max(1, relay.pause() - since), id -> lookAgain());
            }
        }

        private List<SseEvent> events() {
            List<SseEvent> events = new ArrayList<>();
            heard.forEach(bytes -> parse(bytes, events));
            heard.clear();
            return events;
        }

        private void parse(byte[] bytes, List<SseEvent> to) {
            new SseParser(bytes.length).feed(bytes, event -> to.add(reader.read(event)));
        }

        /** With the last events, for one of those that were asked for. */
        private void finish(Optional<Refusal> failure) {
            leave();
            List<SseEvent> events = events();
            events.add(SseEvent.cost(end(failure, false)));
            if (failure.isPresent()) {
                events.add(dialect.errorEvent(failure.get()));
            } else {
                parse(last.rest(), events);
            }
            listener.onNext(events);
            listener.onComplete();
        }

        private Receipt end(Optional<Refusal> failure, boolean abandoned) {
            Usage usage = last == null ? Usage.NONE : last.usage();
            Receipt receipt = Receipt.fromCache(model, usage, status);
            return ending.apply(new End(failure, abandoned,
                    last != null && last.cutShort() ? receipt.asCutShort() : receipt)).receipt();
        }

        private boolean leave() {
            boolean first = !over;
            if (first) {
                over = true;
                relay.follows(-1);
                vertx.cancelTimer(saying);
            }
            return first;
        }

        private void lookAgain() {
            lookedAt = System.nanoTime();
            if (!over) {
                look().subscribe().with(done -> looked(true), away -> looked(false));
            }
        }

        private void looked(boolean answered) {
            long now = System.nanoTime();
            if (answered) {
                answeredAt = now;
            }
            if (!heard.isEmpty() || last != null) {
                heardAt = now;
            } else if (now - answeredAt > Leases.LIFE.toNanos() || gone && now - goneSince > GRACE) {
                broken = true;
            } else if (now - heardAt > SILENT && now - askedAt > SILENT) {
                askedAt = now;
                relay.stands(lease).subscribe().with(this::lives, away -> {});
            }
            looking = false;
            goOn();
        }

        private void lives(boolean there) {
            if (!there && !gone) {
                goneSince = System.nanoTime();
            }
            gone = !there;
        }
    }
}
